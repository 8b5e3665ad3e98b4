//! `TCB_VERSION` (AMD 56860 §2.2): eight security patch levels whose order depends on the processor family.

/// Which component each byte of a [`TcbVersion`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TcbLayout {
    /// Milan and Genoa: boot loader, TEE, four reserved, SNP, microcode.
    Milan,
    /// Turin and later: FMC, boot loader, TEE, SNP, three reserved, microcode.
    Turin,
}

/// The eight bytes as they stand in memory; what they mean depends on the [`TcbLayout`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcbVersion(pub [u8; 8]);

/// A [`TcbVersion`] read by its layout: one security patch level per component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcbParts {
    /// Firmware management controller; only from Turin on.
    pub fmc: Option<u8>,
    /// Boot loader of the security processor.
    pub boot_loader: u8,
    /// Its operating system.
    pub tee: u8,
    /// The SNP firmware.
    pub snp: u8,
    /// The lowest microcode patch level of all cores.
    pub microcode: u8,
    /// The reserved levels in order (certificates name them SPL 4 to SPL 7); Turin has three.
    pub reserved: [u8; 4],
}

impl TcbVersion {
    /// Reads the levels by `layout`.
    #[must_use]
    pub const fn parts(self, layout: TcbLayout) -> TcbParts {
        let [b0, b1, b2, b3, b4, b5, b6, b7] = self.0;
        match layout {
            TcbLayout::Milan => TcbParts {
                fmc: None,
                boot_loader: b0,
                tee: b1,
                snp: b6,
                microcode: b7,
                reserved: [b2, b3, b4, b5],
            },
            TcbLayout::Turin => TcbParts {
                fmc: Some(b0),
                boot_loader: b1,
                tee: b2,
                snp: b3,
                microcode: b7,
                reserved: [0, b4, b5, b6],
            },
        }
    }

    /// The eight bytes as a number, the first byte lowest: how the specification and the key server print it.
    #[must_use]
    pub const fn to_u64(self) -> u64 {
        u64::from_le_bytes(self.0)
    }
}

impl TcbParts {
    /// The bytes in memory order. The inverse of [`TcbVersion::parts`].
    #[must_use]
    pub const fn encode(self, layout: TcbLayout) -> TcbVersion {
        let [r4, r5, r6, r7] = self.reserved;
        let Self {
            fmc,
            boot_loader,
            tee,
            snp,
            microcode,
            ..
        } = self;
        TcbVersion(match layout {
            TcbLayout::Milan => [boot_loader, tee, r4, r5, r6, r7, snp, microcode],
            TcbLayout::Turin => {
                let fmc = match fmc {
                    Some(level) => level,
                    None => 0,
                };
                [fmc, boot_loader, tee, snp, r5, r6, r7, microcode]
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layout_reads_its_own_order() {
        let milan = TcbVersion([4, 0, 0, 0, 0, 0, 0x18, 0xdb]);
        let parts = milan.parts(TcbLayout::Milan);
        assert_eq!(
            (parts.fmc, parts.boot_loader, parts.snp, parts.microcode),
            (None, 4, 0x18, 0xdb)
        );
        let turin = TcbVersion([1, 2, 3, 4, 0, 0, 0, 0x51]);
        let parts = turin.parts(TcbLayout::Turin);
        assert_eq!(parts.fmc, Some(1));
        assert_eq!(
            (parts.boot_loader, parts.tee, parts.snp, parts.microcode),
            (2, 3, 4, 0x51)
        );
        assert_eq!(milan.to_u64(), 0xdb18_0000_0000_0004);
    }

    #[test]
    fn encoding_inverts_reading() {
        let bytes = TcbVersion([1, 2, 3, 4, 5, 6, 7, 8]);
        for layout in [TcbLayout::Milan, TcbLayout::Turin] {
            assert_eq!(bytes.parts(layout).encode(layout), bytes);
        }
    }
}
