"""The exercises: one module for each lesson."""
