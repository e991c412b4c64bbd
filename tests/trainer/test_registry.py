import pytest

from pairmine.errors import UsageError
from trainer import registry


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no encoder 'resnet-18': did you mean 'resnet18'"):
        registry.build("encoders", "resnet-18")
    with pytest.raises(UsageError, match="there is no loss 'nt-xend': did you mean 'nt-xent'"):
        registry.loss("nt-xend")
    with pytest.raises(UsageError, match=r"no option of vggish 'first_pol': did you mean 'first_pool'\? known: bands,"):
        registry.build("encoders", "vggish", first_pol=2)
