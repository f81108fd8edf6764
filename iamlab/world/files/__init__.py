"""A world as a file: everything in it, without secrets unless they are asked for."""

from iamlab.world.files.contents import (
    SecretsWarning,
    load_world,
    save_world,
    world_from_json,
    world_to_json,
)

__all__ = ["SecretsWarning", "load_world", "save_world", "world_from_json", "world_to_json"]
