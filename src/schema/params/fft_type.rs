//! The kinds of Fourier transforms.

use super::int;
use crate::ir::{ParamValue, Symbols};

/// Which transform an `fft` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FftType {
    /// Complex to complex.
    Fft,
    /// Its inverse, divided by the number of elements.
    Ifft,
    /// Real to the half of the complex spectrum that decides the rest.
    Rfft,
    /// The inverse of that.
    Irfft,
}

impl FftType {
    /// Reads the parameter `fft_type`: an enumeration in old releases, its number in new ones.
    pub(crate) fn read(symbols: &Symbols, value: &ParamValue) -> Option<Self> {
        const NAMES: [(&str, FftType); 4] = [
            ("FFT", FftType::Fft),
            ("IFFT", FftType::Ifft),
            ("RFFT", FftType::Rfft),
            ("IRFFT", FftType::Irfft),
        ];
        if let ParamValue::Text(text) = value {
            let name = symbols.text(*text).rsplit('.').next()?;
            return NAMES
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, kind)| *kind);
        }
        let place = usize::try_from(int(symbols, value)?).ok()?;
        NAMES.get(place).map(|(_, kind)| *kind)
    }
}
