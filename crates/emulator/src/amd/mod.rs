//! The emulated AMD: its certificate authorities, and reports of its processors.

mod pki;
mod report;

use casemate_evidence::snp::{Product, TcbParts};

pub(crate) use pki::{AmdPki, Line};

/// The lines that are emulated, in the order in which their certificates are kept.
pub(crate) const PRODUCTS: [Product; 3] = [Product::Milan, Product::Genoa, Product::Turin];

/// Security versions of the one firmware that emulated processors run.
const fn firmware(product: Product) -> TcbParts {
    let fmc = match product {
        Product::Turin => Some(1),
        _ => None,
    };
    TcbParts {
        fmc,
        boot_loader: 4,
        tee: 0,
        snp: 24,
        microcode: 219,
        reserved: [0; 4],
    }
}
