//! Arrays in `.npz` archives, as `numpy.savez` writes them.
//!
//! bf16, which `NumPy` itself does not know, is raw bytes there (`|V2`); keys are their
//! `uint32` words, with a last axis of two.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write as _};

use half::{bf16, f16};
use npyz::{DType as Header, FixedSizeBytes, NpyFile, NpyHeader, Order, TypeChar, WriterBuilder as _};
use num_complex::{Complex32, Complex64};

use crate::interp::{Data, Key, Tensor};
use crate::ir::DType;

/// The bytes of an archive, with what of it is an array by name. Anything else is passed over, as `NumPy` does.
///
/// Few bytes can unpack to more than any memory holds, so a header is asked for before the elements are.
pub(super) struct Archive<'b> {
    zip: zip::ZipArchive<Cursor<&'b [u8]>>,
    members: BTreeMap<String, usize>,
}

/// What the header of an array says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
}

impl<'b> Archive<'b> {
    pub(super) fn open(bytes: &'b [u8]) -> Result<Self, String> {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| "it is no zip archive, or its end is missing".to_owned())?;
        let mut members = BTreeMap::new();
        for index in 0..zip.len() {
            let member = zip.by_index(index).map_err(|error| error.to_string())?;
            let file = member.name().map_err(|error| error.to_string())?;
            if let Some(name) = npyz::npz::array_name_from_file_name(&file) {
                members.insert(name.to_owned(), index);
            }
        }
        Ok(Self { zip, members })
    }

    /// The names of the arrays.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.keys().map(String::as_str)
    }

    /// What the header of an array says; `expected` tells apart what `NumPy` has no dtypes for.
    pub(super) fn announced(&mut self, name: &str, expected: Option<DType>) -> Result<Announced, String> {
        let told = |error: String| format!("`{name}`: {error}");
        let header = NpyHeader::from_reader(self.member(name)?).map_err(|error| told(why(&error)))?;
        let announced = Announced {
            dtype: dtype(&header, expected).map_err(told)?,
            shape: shape(&header).map_err(told)?,
        };
        Ok(announced)
    }

    /// An array, of which no more is unpacked than its header says.
    pub(super) fn array(&mut self, name: &str, expected: Option<DType>) -> Result<Tensor, String> {
        let told = |error: String| format!("`{name}`: {error}");
        let mut member = self.member(name)?;
        let header = NpyHeader::from_reader(&mut member).map_err(|error| told(why(&error)))?;
        let item = match header.dtype() {
            Header::Plain(kind) => kind.num_bytes().unwrap_or_default() as u64,
            _ => 0,
        };
        let size = header.len().saturating_mul(item);
        let mut content = Vec::new();
        // One byte more, so that the end is reached where the archive's own checks are made.
        let read = member.take(size.saturating_add(1)).read_to_end(&mut content);
        read.map_err(|error| told(why(&error)))?;
        array(&header, &content, expected).map_err(told)
    }

    fn member(&mut self, name: &str) -> Result<impl Read, String> {
        let index = self.members.get(name).copied();
        let index = index.ok_or_else(|| format!("`{name}` is not there"))?;
        self.zip
            .by_index(index)
            .map_err(|error| format!("`{name}`: {error}"))
    }
}

/// An archive of arrays.
pub(super) fn write<'a>(arrays: impl IntoIterator<Item = (String, &'a Tensor)>) -> io::Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // The time of writing is left out, so that the same arrays give the same bytes.
    let options = zip::write::SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, tensor) in arrays {
        archive.start_file(npyz::npz::file_name_from_array_name(&name), options)?;
        archive.write_all(&content(tensor)?)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The elements of one `.npy` file, whose header has been read.
fn array(header: &NpyHeader, content: &[u8], expected: Option<DType>) -> Result<Tensor, String> {
    let file = NpyFile::with_header(header.clone(), content);
    let tensor = elements(file, dtype(header, expected)?, &shape(header)?)?;
    Ok(if header.order() == Order::Fortran {
        tensor.rows_first()
    } else {
        tensor
    })
}

fn shape(header: &NpyHeader) -> Result<Vec<usize>, String> {
    let extent = |&size: &u64| usize::try_from(size).map_err(|error| error.to_string());
    header.shape().iter().map(extent).collect()
}

/// The element type that a header names. Four-bit integers are stored in bytes, bf16 is raw bytes.
fn dtype(header: &NpyHeader, expected: Option<DType>) -> Result<DType, String> {
    let Header::Plain(kind) = header.dtype() else {
        return Err("a structured array has no dtype of JAX".to_owned());
    };
    let narrow = |dtype: DType| {
        let narrow = expected.filter(|expected| expected.bits() == 4 && expected.class() == dtype.class());
        narrow.unwrap_or(dtype)
    };
    Ok(match (kind.type_char(), kind.num_bytes()) {
        (TypeChar::Bool, _) => DType::Bool,
        (TypeChar::Float, Some(2)) => DType::Float16,
        (TypeChar::Float, Some(4)) => DType::Float32,
        (TypeChar::Float, Some(8)) => DType::Float64,
        (TypeChar::Int, Some(1)) => narrow(DType::Int8),
        (TypeChar::Int, Some(2)) => DType::Int16,
        (TypeChar::Int, Some(4)) => DType::Int32,
        (TypeChar::Int, Some(8)) => DType::Int64,
        (TypeChar::Uint, Some(1)) => narrow(DType::Uint8),
        (TypeChar::Uint, Some(2)) => DType::Uint16,
        (TypeChar::Uint, Some(4)) => DType::Uint32,
        (TypeChar::Uint, Some(8)) => DType::Uint64,
        (TypeChar::Complex, Some(8)) => DType::Complex64,
        (TypeChar::Complex, Some(16)) => DType::Complex128,
        (TypeChar::RawData, Some(2)) if matches!(expected, None | Some(DType::Bfloat16)) => DType::Bfloat16,
        _ => {
            return Err(format!(
                "`{kind}` is not the dtype of an array that JAX computes with"
            ));
        }
    })
}

fn elements(file: NpyFile<&[u8]>, dtype: DType, shape: &[usize]) -> Result<Tensor, String> {
    macro_rules! floats {
        ($kind:ty) => {
            read_all::<$kind>(file)
                .map(|items| Tensor::from_floats(dtype, shape, items.into_iter().map(f64::from)))
        };
    }
    macro_rules! ints {
        ($kind:ty) => {
            read_all::<$kind>(file)
                .map(|items| Tensor::from_ints(dtype, shape, items.into_iter().map(i128::from)))
        };
    }
    match dtype {
        DType::Bool => read_all::<bool>(file).map(|items| Tensor::from_bools(shape, items)),
        DType::Float16 => floats!(f16),
        DType::Float32 => floats!(f32),
        DType::Float64 => floats!(f64),
        DType::Int4 | DType::Int8 => ints!(i8),
        DType::Int16 => ints!(i16),
        DType::Int32 => ints!(i32),
        DType::Int64 => ints!(i64),
        DType::Uint4 | DType::Uint8 => ints!(u8),
        DType::Uint16 => ints!(u16),
        DType::Uint32 => ints!(u32),
        DType::Uint64 => ints!(u64),
        DType::Complex64 => read_all::<Complex32>(file).map(|items| {
            let wide = |item: Complex32| Complex64::new(item.re.into(), item.im.into());
            Tensor::from_complex(dtype, shape, items.into_iter().map(wide))
        }),
        DType::Complex128 => {
            read_all::<Complex64>(file).map(|items| Tensor::from_complex(dtype, shape, items))
        }
        DType::Bfloat16 => {
            let items = read_all::<FixedSizeBytes<2>>(file)?;
            let wide = |item: FixedSizeBytes<2>| bf16::from_le_bytes(item.0).to_f64();
            Ok(Tensor::from_floats(dtype, shape, items.into_iter().map(wide)))
        }
        other => Err(format!("`{}` is not read from archives", other.long_name())),
    }
}

fn read_all<T: npyz::Deserialize>(file: NpyFile<&[u8]>) -> Result<Vec<T>, String> {
    let data = file.data::<T>().map_err(|error| error.to_string())?;
    data.collect::<Result<_, _>>().map_err(|error| why(&error))
}

/// Why something cannot be read, in words that are not those of the libraries.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    }
}

/// The bytes of one `.npy` file.
fn content(tensor: &Tensor) -> io::Result<Vec<u8>> {
    let shape: Vec<u64> = tensor.shape.iter().map(|&size| size as u64).collect();
    macro_rules! items {
        ($items:expr, $kind:expr, $convert:expr) => {
            encoded(&shape, $kind, $items.iter().map($convert))
        };
    }
    match (tensor.data(), tensor.dtype) {
        (Data::Bool(items), _) => items!(items, "|b1", |&item| item),
        (Data::Int(items), DType::Int4 | DType::Int8) => items!(items, "|i1", |&item| item as i8),
        (Data::Int(items), DType::Int16) => items!(items, "<i2", |&item| item as i16),
        (Data::Int(items), DType::Int32) => items!(items, "<i4", |&item| item as i32),
        (Data::Int(items), DType::Uint4 | DType::Uint8) => {
            items!(items, "|u1", |&item| item.cast_unsigned() as u8)
        }
        (Data::Int(items), DType::Uint16) => items!(items, "<u2", |&item| item.cast_unsigned() as u16),
        (Data::Int(items), DType::Uint32) => items!(items, "<u4", |&item| item.cast_unsigned() as u32),
        (Data::Int(items), DType::Uint64) => items!(items, "<u8", |&item| item.cast_unsigned()),
        (Data::Int(items), _) => items!(items, "<i8", |&item| item),
        (Data::Float(items), DType::Float16) => items!(items, "<f2", |&item| f16::from_f64(item)),
        (Data::Float(items), DType::Float32) => items!(items, "<f4", |&item| item as f32),
        (Data::Float(items), DType::Bfloat16) => {
            items!(items, "|V2", |&item| FixedSizeBytes(
                bf16::from_f64(item).to_le_bytes()
            ))
        }
        (Data::Float(items), _) => items!(items, "<f8", |&item| item),
        (Data::Complex(items), DType::Complex64) => {
            items!(items, "<c8", |item| Complex32::new(
                item.re as f32,
                item.im as f32
            ))
        }
        (Data::Complex(items), _) => items!(items, "<c16", |&item| item),
        (Data::Key(keys), _) => {
            let words: Vec<u32> = keys.iter().flat_map(Key::words).copied().collect();
            let size = Key::common_implementation(keys).size() as u64;
            encoded(&[&shape[..], &[size]].concat(), "<u4", words)
        }
        (Data::Reference(_), _) => Err(io::Error::other("a reference is no array")),
    }
}

/// A `.npy` file of elements of one `NumPy` type.
fn encoded<T: npyz::Serialize>(
    shape: &[u64],
    kind: &str,
    items: impl IntoIterator<Item = T>,
) -> io::Result<Vec<u8>> {
    let kind = kind.parse::<npyz::TypeStr>().map_err(io::Error::other)?;
    let mut bytes = Vec::new();
    let writer = npyz::WriteOptions::new().dtype(Header::Plain(kind)).shape(shape);
    let mut writer = writer.writer(&mut bytes).begin_nd()?;
    writer.extend(items)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let half = Tensor::from_floats(DType::Bfloat16, &[3], [1.5, f64::NEG_INFINITY, -0.0]);
        let whole = Tensor::from_ints(DType::Int4, &[2, 1], [-8, 7]);
        let pairs = Tensor::from_complex(DType::Complex64, &[], [Complex64::new(1.0, -2.0)]);
        let all = [("half", &half), ("whole", &whole), ("pairs", &pairs)];
        let bytes =
            write(all.map(|(name, tensor)| (name.to_owned(), tensor))).expect("memory can be written");
        let mut archive = Archive::open(&bytes).expect("it was written so");
        for (name, tensor) in all {
            let expected = Some(tensor.dtype);
            let announced = archive.announced(name, expected).expect("it is there");
            assert_eq!((announced.dtype, &announced.shape), (tensor.dtype, &tensor.shape));
            assert_eq!(archive.array(name, expected).as_ref(), Ok(tensor));
        }
    }

    /// `numpy.save` of `np.asfortranarray([[1, 2], [3, 4]], dtype="<i2")`, by `NumPy` 2.
    #[test]
    fn columns_first_becomes_rows_first() {
        let mut bytes =
            b"\x93NUMPY\x01\x00v\x00{'descr': '<i2', 'fortran_order': True, 'shape': (2, 2), }".to_vec();
        bytes.resize(127, b' ');
        bytes.extend(b"\n\x01\0\x03\0\x02\0\x04\0");
        let mut rest = bytes.as_slice();
        let header = NpyHeader::from_reader(&mut rest).expect("NumPy wrote it");
        let found = array(&header, rest, None).expect("NumPy wrote it");
        assert_eq!(found, Tensor::from_ints(DType::Int16, &[2, 2], [1, 2, 3, 4]));
    }
}
