"""Options that several evaluations have."""

from typing import Annotated

import typer

AllowOtherCounts = Annotated[
    bool, typer.Option(help="Take annotation files with other counts than published: a part of the data set.")
]
