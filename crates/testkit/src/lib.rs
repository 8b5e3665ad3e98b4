//! Test-only: the sample manifest, fuzz bodies and evidence forging shared by tests and fuzzers.
