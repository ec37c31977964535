"""The Youchuan (悠船) integration: `Youchuan`."""

from .provider import Youchuan

__all__ = ["Youchuan"]
