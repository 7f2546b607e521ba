"""Facts about model hubs that their files don't state, as tables."""

from api_docs.sources.known.audio import AUDIO
from api_docs.sources.known.language import LANGUAGE
from api_docs.sources.known.model import Choice, Family, Repository
from api_docs.sources.known.torchvision_models import TORCHVISION_FAMILIES
from api_docs.sources.known.vision import VISION

REPOSITORIES = {**VISION, **LANGUAGE, **AUDIO}
"""torch.hub repositories by their present name; torchvision's models come from its registry."""

__all__ = ["REPOSITORIES", "TORCHVISION_FAMILIES", "Choice", "Family", "Repository"]
