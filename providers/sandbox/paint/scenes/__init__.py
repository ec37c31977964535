"""The base scenes, each a function of frame and stage."""
