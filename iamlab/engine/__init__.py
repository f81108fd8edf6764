"""The decision: one request and the policies that apply to it, in; one decision, out."""
