use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

pub(crate) fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    run::<Sha1>(parts).finalize().into()
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    run::<Sha256>(parts).finalize().into()
}

pub(crate) fn sha384(parts: &[&[u8]]) -> [u8; 48] {
    run::<Sha384>(parts).finalize().into()
}

pub(crate) fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    run::<Sha512>(parts).finalize().into()
}

fn run<D: Digest>(parts: &[&[u8]]) -> D {
    parts.iter().fold(D::new(), |state, part| state.chain_update(part))
}
