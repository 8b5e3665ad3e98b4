//! Emulated SGX, TDX and SNP platforms: real formats under their own roots, always labelled emulated.
