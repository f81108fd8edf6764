"""Figures of permissions as sets and layers: Allows, Denies, and policies that limit."""
