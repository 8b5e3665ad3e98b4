//! Get, range, compare-and-set batch and watch over redb; no backend type in a signature.
