//! Arrays in `.npz` archives, as `numpy.savez` writes them.
//!
//! bf16, which `NumPy` itself does not know, is raw bytes there (`|V2`); keys are their
//! `uint32` words, with a last axis of two.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read as _, Write as _};

use half::{bf16, f16};
use npyz::{DType as Header, FixedSizeBytes, NpyFile, Order, TypeChar, WriterBuilder as _};
use num_complex::{Complex32, Complex64};

use crate::interp::{Data, Key, Tensor};
use crate::ir::DType;

/// The arrays of an archive, by name. What is not an array is passed over, as `NumPy` does.
pub(super) fn read(
    bytes: &[u8],
    expected: impl Fn(&str) -> Option<DType>,
) -> Result<BTreeMap<String, Tensor>, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let mut arrays = BTreeMap::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(|error| error.to_string())?;
        let file = member.name().map_err(|error| error.to_string())?;
        let Some(name) = npyz::npz::array_name_from_file_name(&file).map(str::to_owned) else {
            continue;
        };
        let mut content = Vec::new();
        member
            .read_to_end(&mut content)
            .map_err(|error| format!("`{name}`: {error}"))?;
        let array = array(&content, expected(&name)).map_err(|error| format!("`{name}`: {error}"))?;
        arrays.insert(name, array);
    }
    Ok(arrays)
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

/// One `.npy` file.
fn array(content: &[u8], expected: Option<DType>) -> Result<Tensor, String> {
    let file = NpyFile::new(content).map_err(|error| error.to_string())?;
    let extent = |&size: &u64| usize::try_from(size).map_err(|error| error.to_string());
    let shape: Vec<usize> = file.shape().iter().map(extent).collect::<Result<_, _>>()?;
    let columns_first = file.order() == Order::Fortran;
    let tensor = elements(file, &shape, expected)?;
    Ok(if columns_first {
        tensor.rows_first()
    } else {
        tensor
    })
}

fn elements(file: NpyFile<&[u8]>, shape: &[usize], expected: Option<DType>) -> Result<Tensor, String> {
    let Header::Plain(kind) = file.dtype() else {
        return Err("a structured array has no dtype of JAX".to_owned());
    };
    macro_rules! floats {
        ($kind:ty, $dtype:expr) => {
            read_all::<$kind>(file)
                .map(|items| Tensor::from_floats($dtype, shape, items.into_iter().map(f64::from)))
        };
    }
    macro_rules! ints {
        ($kind:ty, $dtype:expr) => {
            read_all::<$kind>(file).map(|items| {
                // Four-bit integers are stored in bytes.
                let narrow = expected.filter(|dtype| dtype.bits() == 4 && dtype.class() == $dtype.class());
                Tensor::from_ints(
                    narrow.unwrap_or($dtype),
                    shape,
                    items.into_iter().map(i128::from),
                )
            })
        };
    }
    match (kind.type_char(), kind.num_bytes()) {
        (TypeChar::Bool, _) => read_all::<bool>(file).map(|items| Tensor::from_bools(shape, items)),
        (TypeChar::Float, Some(2)) => floats!(f16, DType::Float16),
        (TypeChar::Float, Some(4)) => floats!(f32, DType::Float32),
        (TypeChar::Float, Some(8)) => floats!(f64, DType::Float64),
        (TypeChar::Int, Some(1)) => ints!(i8, DType::Int8),
        (TypeChar::Int, Some(2)) => ints!(i16, DType::Int16),
        (TypeChar::Int, Some(4)) => ints!(i32, DType::Int32),
        (TypeChar::Int, Some(8)) => ints!(i64, DType::Int64),
        (TypeChar::Uint, Some(1)) => ints!(u8, DType::Uint8),
        (TypeChar::Uint, Some(2)) => ints!(u16, DType::Uint16),
        (TypeChar::Uint, Some(4)) => ints!(u32, DType::Uint32),
        (TypeChar::Uint, Some(8)) => ints!(u64, DType::Uint64),
        (TypeChar::Complex, Some(8)) => read_all::<Complex32>(file).map(|items| {
            let wide = |item: Complex32| Complex64::new(item.re.into(), item.im.into());
            Tensor::from_complex(DType::Complex64, shape, items.into_iter().map(wide))
        }),
        (TypeChar::Complex, Some(16)) => {
            read_all::<Complex64>(file).map(|items| Tensor::from_complex(DType::Complex128, shape, items))
        }
        (TypeChar::RawData, Some(2)) if matches!(expected, None | Some(DType::Bfloat16)) => {
            let items = read_all::<FixedSizeBytes<2>>(file)?;
            let wide = |item: FixedSizeBytes<2>| bf16::from_le_bytes(item.0).to_f64();
            Ok(Tensor::from_floats(
                DType::Bfloat16,
                shape,
                items.into_iter().map(wide),
            ))
        }
        _ => Err(format!(
            "`{kind}` is not the dtype of an array that JAX computes with"
        )),
    }
}

fn read_all<T: npyz::Deserialize>(file: NpyFile<&[u8]>) -> Result<Vec<T>, String> {
    let data = file.data::<T>().map_err(|error| error.to_string())?;
    data.collect::<Result<_, _>>().map_err(|error| error.to_string())
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
        let expected = |name: &str| {
            all.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, tensor)| tensor.dtype)
        };
        let found = read(&bytes, expected).expect("it was written so");
        for (name, tensor) in all {
            assert_eq!(found.get(name), Some(tensor));
        }
    }

    /// `numpy.save` of `np.asfortranarray([[1, 2], [3, 4]], dtype="<i2")`, by `NumPy` 2.
    #[test]
    fn columns_first_becomes_rows_first() {
        let mut bytes =
            b"\x93NUMPY\x01\x00v\x00{'descr': '<i2', 'fortran_order': True, 'shape': (2, 2), }".to_vec();
        bytes.resize(127, b' ');
        bytes.extend(b"\n\x01\0\x03\0\x02\0\x04\0");
        let found = array(&bytes, None).expect("NumPy wrote it");
        assert_eq!(found, Tensor::from_ints(DType::Int16, &[2, 2], [1, 2, 3, 4]));
    }
}
