"""The generation services emulated on loopback: their wire formats, their refusals, and pictures that are really drawn.

Written from the services' documents alone; it never imports an adapter, so that a misreading shows. See README.md.
"""
