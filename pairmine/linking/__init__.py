"""The same recording in two sources: block, normalise, score, one-to-one, threshold.

`titles`, `artists` and `words` of the kernels cut names into what is compared, `sides` does so for a whole source,
`candidates` joins the two by blocks (`sql/linking/`), `scoring` says how alike two tracks are, `resolution` which pairs
stay, `stage` runs it all.

Splink is not used: on the same normalised names, changed in ways we chose (`bench/linking.py`), its trained weights
found fewer links at the same precision; and a link of ours can say its reason, without training that varies by source.
"""

from pairmine.linking.report import Linked
from pairmine.linking.stage import link

__all__ = ["Linked", "link"]
