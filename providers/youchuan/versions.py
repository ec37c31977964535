"""What each model version takes, as data: the parameter classes and the prompt reader follow from it.

Bounds are those of docs/youchuan.md, "Prompts". Where nothing is known about a niji version we choose
the rule of the generation it belongs to: niji 6 like v6, niji 7 like v7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Version:
    """One model version. `flag` names it on the wire; `words_limit` counts characters of the words alone."""

    slug: str
    title: str
    flag: str
    speeds: tuple[str, ...] = ("fast", "turbo")
    qualities: tuple[str, ...] = ("0.5", "1", "2")
    style_versions: tuple[str, ...] = ("1", "2", "3", "4")
    image_weight_limit: float = 3
    words_limit: int = 8192
    stop: bool = True
    exp: bool = False
    weird: bool = True
    tile: bool = True
    characters: bool = False
    omni: bool = False
    multi_prompts: bool = True
    pan: bool = True
    outpaint: bool = True
    inpaint: bool = True
    #: "6.1 and above" in the document; read as the generations of v6.1, v7 and v8.1
    retexture: bool = True
    #: only drafts are enhanced, and only v7 makes any
    enhance: bool = False
    #: no upscale endpoint: the same prompt and seed again, with --hd
    upscales_by_hd: bool = False


#: In the order of the model picker; the first is the default.
VERSIONS: Mapping[str, Version] = {
    version.slug: version
    for version in (
        Version(
            "v7",
            "Youchuan v7",
            "--v 7",
            speeds=("draft", "fast", "turbo"),
            qualities=("1", "2", "4"),
            style_versions=("1", "2", "3", "4", "5", "6"),
            stop=False,
            exp=True,
            omni=True,
            enhance=True,
        ),
        Version(
            "v8.1",
            "Youchuan v8.1",
            "--v 8.1",
            speeds=("fast",),
            qualities=("1", "4"),
            style_versions=("6",),
            words_limit=1024,
            stop=False,
            exp=True,
            weird=False,
            tile=False,
            omni=True,
            multi_prompts=False,
            pan=False,
            outpaint=False,
            inpaint=False,
            upscales_by_hd=True,
        ),
        Version("v6.1", "Youchuan v6.1", "--v 6.1", characters=True),
        Version("v6", "Youchuan v6", "--v 6", characters=True, retexture=False),
        Version(
            "niji7",
            "Youchuan niji 7",
            "--niji 7",
            qualities=("1", "2", "4"),
            image_weight_limit=2,
            stop=False,
            exp=True,
        ),
        Version("niji6", "Youchuan niji 6", "--niji 6", characters=True, retexture=False),
    )
}

#: What people write after --v and --niji.
SPELLINGS: Mapping[tuple[str, str], str] = {
    ("v", "6"): "v6",
    ("v", "6.0"): "v6",
    ("v", "6.1"): "v6.1",
    ("v", "7"): "v7",
    ("v", "7.0"): "v7",
    ("v", "8.1"): "v8.1",
    ("niji", "6"): "niji6",
    ("niji", "7"): "niji7",
}
