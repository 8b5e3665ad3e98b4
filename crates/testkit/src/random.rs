//! Mutations that can be had again from their seed.

/// A small generator of pseudo-random numbers (xorshift64*, Marsaglia 2003, Vigna 2016). Never for keys.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// From a seed; zero, which the generator cannot leave, is replaced.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(if seed == 0 { 0x9e37_79b9_7f4a_7c15 } else { seed })
    }

    /// The next 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `bound`, 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap().max(1);
        usize::try_from(self.bits() % bound).unwrap()
    }

    /// Changes `bytes` in one of the ways that find parser faults: flipped bits, edge values in length fields, cuts,
    /// repetitions, insertions.
    pub fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match self.below(8) {
            0 | 1 => self.set(bytes, at, |byte, bits| byte ^ (1 << (bits % 8))),
            2 => self.set(bytes, at, |_, bits| [0, 1, 0x7f, 0x80, 0xff][usize::from(bits) % 5]),
            3 => self.set(bytes, at, |_, bits| bits),
            4 => bytes.truncate(at),
            5 => {
                let word = [0u32, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, 0x0001_0000][self.below(6)];
                bytes
                    .iter_mut()
                    .skip(at)
                    .zip(word.to_le_bytes())
                    .for_each(|(to, from)| *to = from);
            }
            6 => {
                let end = at.saturating_add(self.below(64)).min(bytes.len());
                let run = bytes[at.min(end)..end].to_vec();
                let to = self.below(bytes.len());
                bytes.splice(to..to, run);
            }
            _ => {
                let end = at.saturating_add(self.below(16)).min(bytes.len());
                bytes.drain(at.min(end)..end);
            }
        }
    }

    fn set(&mut self, bytes: &mut [u8], at: usize, change: impl Fn(u8, u8) -> u8) {
        let bits = self.bits().to_le_bytes()[7];
        if let Some(byte) = bytes.get_mut(at) {
            *byte = change(*byte, bits);
        }
    }
}
