//! What a verification is given besides the evidence.

use casemate_crypto::Time;

use crate::{ChainCache, Endorsements, TrustAnchors};

/// Everything that a verdict depends on, besides the evidence itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Where chains may end.
    pub anchors: &'a TrustAnchors,
    /// What vouches for the evidence. Nothing in it is trusted for being there.
    pub endorsements: &'a Endorsements,
    /// The time at which everything must be valid.
    pub time: Time,
    /// Chains that were verified before, if the caller keeps them.
    pub cache: Option<&'a ChainCache>,
}
