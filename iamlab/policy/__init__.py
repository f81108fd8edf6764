"""The language: policy text in, frozen values out."""
