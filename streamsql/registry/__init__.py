"""The schema registry: what it holds becomes files, what is to be written is held against it."""

from streamsql.registry.client import Registry, RegistryConnection

__all__ = ["Registry", "RegistryConnection"]
