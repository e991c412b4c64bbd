"""The same recording in two sources: block, normalise, score, one-to-one, threshold.

`titles` and `artists` cut names into what is compared, `sides` does so for a whole source, `sql/linking/` finds the
candidates, `scoring` says how alike two tracks are, `stage` runs it all and resolves it one-to-one.
"""

from pairmine.linking.report import Linked
from pairmine.linking.stage import link

__all__ = ["Linked", "link"]
