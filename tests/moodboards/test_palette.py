"""Colours drawn from pictures."""

from __future__ import annotations

import random

import pytest
from PIL import Image

from studio.moodboards import palette, services
from studio.moodboards.models import BoardItem, Moodboard
from tests.media.pictures import photo


def test_a_picture_of_two_colours():
    picture = Image.new("RGB", (80, 80), (200, 30, 30))
    picture.paste((20, 40, 160), (0, 0, 80, 20))
    assert palette.draw(picture) == [("#c81e1e", 0.75), ("#1428a0", 0.25)]


def test_transparent_pixels_do_not_count():
    picture = Image.new("RGBA", (40, 40), (0, 255, 0, 0))
    assert palette.draw(picture) == []
    picture.paste((10, 20, 30, 255), (0, 0, 40, 10))
    assert palette.draw(picture) == [("#0a141e", 1.0)]


@pytest.mark.parametrize("mode", ["L", "P", "1", "CMYK", "RGBX"])
def test_every_kind_of_picture(mode):
    assert palette.draw(Image.new(mode, (3, 500)))
    assert palette.draw(photo(90, 60).convert(mode))


def test_the_same_pictures_give_the_same_palette_in_any_order():
    generator = random.Random(7)
    pictures = [
        [(f"#{generator.randrange(1 << 24):06x}", round(generator.random(), 3)) for _color in range(8)]
        for _picture in range(60)
    ]
    first = palette.combine(pictures)
    assert 6 <= len(first) <= palette.SIZE
    generator.shuffle(pictures)
    assert palette.combine(pictures) == first
    assert all(len(color) == 7 and int(color[1:], 16) >= 0 for color in first)


def test_few_colours_stay_few():
    assert palette.combine([]) == [] == palette.combine([[]])
    assert palette.combine([[("#102030", 1.0)], [("#102030", 1.0)]]) == ["#102030"]
    # from dark to light
    assert palette.combine([[("#ffffff", 0.5), ("#000000", 0.5)]]) == ["#000000", "#ffffff"]


@pytest.mark.django_db
def test_colours_are_drawn_a_few_at_a_time_and_kept(board, alice, make_asset):
    shades = [(25 * number, 200 - 12 * number, 60) for number in range(services.DRAWN_AT_ONCE + 2)]
    services.add_assets(board, alice, [make_asset(shade).pk for shade in shades])
    assert BoardItem.objects.filter(colors__isnull=True).count() == 2
    services.draw_colors(board)
    assert not BoardItem.objects.filter(colors__isnull=True).exists()
    assert board.palette == Moodboard.objects.get().palette != []


@pytest.mark.django_db
def test_a_file_that_is_away_costs_only_its_colours(board, alice, make_asset, settings, tmp_path):
    asset = make_asset()
    settings.MEDIA_ROOT = tmp_path / "elsewhere"
    services.add_assets(board, alice, [asset.pk])
    assert BoardItem.objects.get().colors == []


@pytest.mark.django_db
def test_the_palette_follows_what_is_taken_off(board, alice, make_asset):
    items = services.add_assets(board, alice, [make_asset((220, 20, 20)).pk, make_asset((20, 20, 220)).pk]).items
    assert len(Moodboard.objects.get().palette) == 2
    services.remove(board, [items[0].pk])
    assert len(Moodboard.objects.get().palette) == 1
