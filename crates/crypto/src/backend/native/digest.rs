use aws_lc_rs::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};

pub(crate) fn sha1(parts: &[&[u8]]) -> [u8; 20] {
    run(&SHA1_FOR_LEGACY_USE_ONLY, parts)
}

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    run(&SHA256, parts)
}

pub(crate) fn sha384(parts: &[&[u8]]) -> [u8; 48] {
    run(&SHA384, parts)
}

pub(crate) fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    run(&SHA512, parts)
}

fn run<const N: usize>(algorithm: &'static Algorithm, parts: &[&[u8]]) -> [u8; N] {
    let digest = if let [whole] = parts {
        digest(algorithm, whole)
    } else {
        let mut context = Context::new(algorithm);
        parts.iter().for_each(|part| context.update(part));
        context.finish()
    };
    let mut out = [0; N];
    // N is the algorithm's output length in every caller above.
    out.copy_from_slice(digest.as_ref());
    out
}
