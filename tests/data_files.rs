//! Files made by the Python packages, and broken ones; `tests/fixtures/generate.py` made the good ones.

use afina::data::{Matrix, csv, npy, safetensors};
use afina::protocol::{Fault, LabError};
use afina::text::Lang;

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect(&path)
}

/// `arange(15) / 8 - 1`, `[3, 5]`.
fn ramp() -> Vec<f32> {
    (0..15).map(|i| i as f32 / 8.0 - 1.0).collect()
}

/// Where, and why.
fn place<T: std::fmt::Debug>(result: Result<T, LabError>) -> (String, Fault) {
    match result {
        Err(LabError::Malformed { at, fault, source }) => {
            assert_eq!(source, "f");
            (at, fault)
        }
        other => panic!("{other:?}"),
    }
}

fn open_safetensors(file: &[u8]) -> Result<Vec<safetensors::TensorEntry>, LabError> {
    let len = file.len() as u64;
    let header = safetensors::header_length("f", &file[..file.len().min(8)], len)?;
    safetensors::parse_header("f", &file[8..8 + header as usize], len)
}

fn safetensors_file(header: &str, data: usize) -> Vec<u8> {
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.resize(file.len() + data, 0);
    file
}

#[test]
fn a_real_safetensors_file_is_read_tensor_by_tensor() {
    let file = fixture("small.safetensors");
    let entries = open_safetensors(&file).expect("a good file");
    let find = |name: &str| entries.iter().find(|e| e.name == name).expect(name);
    assert_eq!(entries.len(), 6);
    for name in ["layer.weight", "layer.half", "layer.brain"] {
        let entry = find(name);
        assert_eq!((entry.shape.as_slice(), entry.matrix_shape()), ([3, 5].as_slice(), (3, 5)));
        let window = entry.window("f", 0, 1000).expect(name);
        let bytes = &file[window.begin as usize..window.end as usize];
        assert_eq!(safetensors::decode("f", name, &entry.dtype, bytes), Ok(ramp()), "{name}");
        // Two rows from the second one on.
        let window = entry.window("f", 1, 10).expect(name);
        assert_eq!((window.first_row, window.rows), (1, 2));
        let bytes = &file[window.begin as usize..window.end as usize];
        assert_eq!(safetensors::decode("f", name, &entry.dtype, bytes), Ok(ramp()[5..].to_vec()), "{name}");
    }
    assert_eq!(find("conv").matrix_shape(), (2, 12));
    assert_eq!(find("layer.bias").matrix_shape(), (1, 5));
    let steps = find("steps");
    assert!(!steps.dtype.is_readable());
    assert_eq!(place(steps.window("f", 0, 1000)), ("steps".into(), Fault::UnsupportedType { got: "I64".into() }));
}

#[test]
fn a_5_gb_header_opens_without_its_data() {
    let (n, len) = (5_000_000_000u64 / 4, 5_000_000_000u64);
    let header = format!(r#"{{"w":{{"dtype":"F32","shape":[{},1000],"data_offsets":[0,{len}]}}}}"#, n / 1000);
    let entries = safetensors::parse_header("f", header.as_bytes(), 8 + header.len() as u64 + len).expect("good");
    assert_eq!(entries[0].weights(), n);
    let window = entries[0].window("f", 1_249_999, 4096 * 4096).expect("a window");
    assert_eq!((window.rows, window.end), (16777, 8 + header.len() as u64 + len));
}

#[test]
fn broken_safetensors_say_where_and_why() {
    let kind = |expected: &str| Fault::WrongKind { expected: expected.into() };
    for (header, data, at, fault) in [
        (r#"["w"]"#, 0, "header", Fault::BadMagic),
        (r#"{"w":}"#, 0, "header", Fault::BadJson { line: 1, column: 6 }),
        (r#"{"w":1}"#, 0, "w", kind("{…}")),
        (r#"{"w":{"shape":[1],"data_offsets":[0,4]}}"#, 4, "w: dtype", Fault::Missing),
        (r#"{"w":{"dtype":3,"shape":[1],"data_offsets":[0,4]}}"#, 4, "w: dtype", kind("\"…\"")),
        (r#"{"w":{"dtype":"F32","data_offsets":[0,4]}}"#, 4, "w: shape", Fault::Missing),
        (r#"{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "w: shape", kind("[0, 1, …]")),
        (r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "w: data_offsets", kind("[0, 1]")),
        (
            r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
            4,
            "w: data_offsets",
            Fault::BadOffsets { begin: 4, end: 0 },
        ),
        (
            r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
            4,
            "w: data_offsets",
            Fault::SizeMismatch { expected: 8, got: 4 },
        ),
        (
            r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            3,
            "w: data_offsets",
            Fault::BadOffsets { begin: 0, end: 4 },
        ),
        (
            r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            5,
            "header",
            Fault::SizeMismatch { expected: 4, got: 5 },
        ),
        (
            r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
            8,
            "w: data_offsets",
            Fault::BadOffsets { begin: 4, end: 8 },
        ),
        (
            r#"{"w":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#,
            1,
            "w: shape",
            Fault::BadShape { shape: "[1]".into() },
        ),
        (
            r#"{"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}"#,
            4,
            "w: shape",
            Fault::BadShape { shape: "[4294967296, 4294967296]".into() },
        ),
        (
            r#"{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
            2,
            "header",
            Fault::Duplicate { name: "w".into() },
        ),
        (r#"{"__metadata__":{"a":1}}"#, 0, "__metadata__", kind("{\"…\": \"…\"}")),
    ] {
        let result = open_safetensors(&safetensors_file(header, data));
        assert_eq!(place(result), (at.to_owned(), fault), "{header}");
    }
    assert_eq!(place(open_safetensors(&[1, 2, 3])), ("header length".into(), Fault::Truncated { needed: 8, left: 3 }));
    let endless = u64::MAX.to_le_bytes();
    let fault = Fault::TooLong { limit: 100_000_000, got: u64::MAX };
    assert_eq!(place(open_safetensors(&endless)), ("header length".into(), fault));
    let long = [200u64.to_le_bytes().as_slice(), b"{}"].concat();
    assert_eq!(place(open_safetensors(&long)), ("header".into(), Fault::Truncated { needed: 200, left: 2 }));
    assert_eq!(open_safetensors(&safetensors_file("{}  ", 0)), Ok(vec![]), "an empty file is no fault");
    // A type of the future is listed, not read.
    let future = safetensors_file(r#"{"w":{"dtype":"F128","shape":[3],"data_offsets":[0,48]}}"#, 48);
    assert_eq!(open_safetensors(&future).map(|e| e[0].dtype.is_readable()), Ok(false));
}

#[test]
fn weights_that_are_not_numbers_are_named() {
    let bytes = [1f32, f32::NAN, 2.0].map(f32::to_le_bytes).concat();
    let result = safetensors::decode("f", "w", &safetensors::Dtype::F32, &bytes);
    assert_eq!(place(result), ("w[1]".into(), Fault::NotFinite));
    let result = safetensors::decode("f", "w", &safetensors::Dtype::F16, &[0, 0x3C, 0, 0x7C]);
    assert_eq!(place(result), ("w[1]".into(), Fault::NotFinite));
    let result = safetensors::decode("f", "w", &safetensors::Dtype::Bf16, &[0, 0, 1]);
    assert_eq!(place(result), ("w".into(), Fault::SizeMismatch { expected: 2, got: 3 }));
}

fn open_npy(file: &[u8]) -> Result<Matrix, LabError> {
    let len = file.len() as u64;
    let begin = npy::header_length("f", &file[..file.len().min(npy::PREFIX_BYTES)], len)?;
    let header = npy::parse_header("f", &file[..begin as usize], len)?;
    let window = header.window("f", 0, 1 << 24)?;
    let values = header.decode("f", &file[window.begin as usize..window.end as usize])?;
    Ok(Matrix { rows: window.rows as usize, cols: window.cols as usize, values })
}

#[test]
fn npy_files_of_every_kind_are_read() {
    for name in ["c_f4", "fortran_f8", "big_f4", "f2", "version_2", "version_3"] {
        let matrix = open_npy(&fixture(&format!("{name}.npy"))).expect(name);
        assert_eq!(matrix, Matrix { rows: 3, cols: 5, values: ramp() }, "{name}");
    }
    let vector = open_npy(&fixture("vector_i2.npy")).expect("vector");
    assert_eq!((vector.rows, vector.values), (1, vec![-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]));
    let cube = open_npy(&fixture("cube_fortran_u1.npy")).expect("cube");
    assert_eq!((cube.rows, cube.cols), (2, 12));
    assert_eq!(cube.values, (0..24).map(|i| i as f32).collect::<Vec<_>>());
    assert_eq!(open_npy(&fixture("scalar.npy")).expect("scalar").values, [2.5]);
    assert_eq!(open_npy(&fixture("bools.npy")).expect("bools").values, [1.0, 0.0, 0.0, 1.0]);
    let record = place(open_npy(&fixture("record.npy")));
    assert_eq!(record, ("descr".into(), Fault::UnsupportedType { got: "[…]".into() }));
}

#[test]
fn npy_windows_are_whole_rows_unless_column_major() {
    let file = fixture("c_f4.npy");
    let header = npy::parse_header("f", &file, file.len() as u64).expect("good");
    let window = header.window("f", 9, 7).expect("a window");
    assert_eq!((window.first_row, window.rows), (2, 1));
    let bytes = &file[window.begin as usize..window.end as usize];
    assert_eq!(header.decode("f", bytes), Ok(ramp()[10..].to_vec()));
    let file = fixture("fortran_f8.npy");
    let header = npy::parse_header("f", &file, file.len() as u64).expect("good");
    assert!(matches!(header.window("f", 0, 14), Err(LabError::TooLarge { limit: 14, got: 15, .. })));
}

#[test]
fn broken_npy_files_say_where_and_why() {
    let good = fixture("c_f4.npy");
    assert_eq!(place(open_npy(b"PK\x03\x04 is a zip")), ("magic".into(), Fault::BadMagic));
    assert_eq!(place(open_npy(&good[..4])), ("header length".into(), Fault::Truncated { needed: 12, left: 4 }));
    let mut version = good.clone();
    version[6] = 9;
    assert_eq!(place(open_npy(&version)), ("version".into(), Fault::BadVersion { got: "9.0".into() }));
    let cut = place(open_npy(&good[..good.len() - 1]));
    assert_eq!(cut, ("shape".into(), Fault::Truncated { needed: 60, left: 59 }));
    let mut long = good.clone();
    long[8..10].copy_from_slice(&60_000u16.to_le_bytes());
    assert_eq!(place(open_npy(&long)), ("header length".into(), Fault::TooLong { limit: 10_000, got: 60_000 }));
    let mut infinite = good.clone();
    let last = infinite.len() - 4;
    infinite[last..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    assert_eq!(place(open_npy(&infinite)), ("[14]".into(), Fault::NotFinite));
}

fn open_csv(text: &str) -> Result<Matrix, LabError> {
    csv::matrix_from_csv("f", text.as_bytes(), 100)
}

#[test]
fn csv_of_any_country_is_read() {
    let expected = Matrix { rows: 2, cols: 3, values: vec![1.5, -2.0, 0.25, 4.0, 5e-3, 6.0] };
    for text in [
        "1.5,-2,0.25\n4,5e-3,6\n",
        "1.5, -2, .25\r\n4, 5e-3, 6",
        "1,5;-2;0,25\n4;5e-3;6\n",
        "1.5;-2;0.25\n4;5e-3;6\n",
        "1,5\t-2\t0,25\n4\t5e-3\t6\n",
        "  1,5  -2 0,25\n4 5e-3   6 ",
        "1.5 -2 0.25\n\n4 5e-3 6\n\n",
        "\u{feff}a,b,c\n1.5,-2,0.25\n4,5e-3,6\n",
        "\"eje x\";\"y\";z\n1,5;−2;0,25\n4;5e-3;6\n",
        ",b,c\n\"1,5\",\"-2\",\"0,25\"\n4,5e-3,6\n",
    ] {
        assert_eq!(open_csv(text), Ok(expected.clone()), "{text:?}");
    }
    assert_eq!(open_csv("7"), Ok(Matrix { rows: 1, cols: 1, values: vec![7.0] }));
    assert_eq!(open_csv("x\n1\n2"), Ok(Matrix { rows: 2, cols: 1, values: vec![1.0, 2.0] }));
}

#[test]
fn broken_csv_says_line_and_column() {
    let nan = |text: &str| Fault::NotANumber { text: text.into() };
    for (text, at, fault) in [
        ("", "L1", Fault::Empty),
        ("\n \n", "L1", Fault::Empty),
        ("a,b\n", "L1", Fault::Empty),
        ("1,2\n3,x\n", "L2 C2", nan("x")),
        ("1,2,3\n4,oops,6\n", "L2 C2", nan("oops")),
        ("1,O,3\n4,5,6\n", "L1 C2", nan("O")),
        ("1,2\n\n3,4,5\n", "L3", Fault::RaggedRow { expected: 2, got: 3 }),
        ("1,2\n3,\n", "L2 C2", Fault::Empty),
        ("1,2\n3,inf\n", "L2 C2", Fault::NotFinite),
        ("1,2\n3,1e39\n", "L2 C2", Fault::NotFinite),
        ("1,2\n3,nan\n", "L2 C2", Fault::NotFinite),
    ] {
        assert_eq!(place(open_csv(text)), (at.to_owned(), fault), "{text:?}");
    }
    let result = csv::matrix_from_csv("f", b"1,2\n\xff\n", 100);
    assert_eq!(place(result), ("byte 4".into(), Fault::NotUtf8));
    let many = "1 2 3 4 5 6 7 8 9 10\n".repeat(11);
    assert!(matches!(open_csv(&many), Err(LabError::TooLarge { limit: 100, .. })));
}

#[test]
fn csv_is_read_in_steps() {
    let text = "1,2\n3,4\n5,6\n";
    let mut reader = csv::CsvReader::new("f", text.as_bytes(), 100).expect("good");
    assert_eq!(reader.step(5), Ok(true));
    assert_eq!(reader.progress(), (8, 12));
    while reader.step(1).expect("good") {}
    assert_eq!(reader.finish().map(|m| m.values), Ok(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
}

#[test]
fn a_hostile_name_stays_harmless_in_the_sentence() {
    let header = r#"{"<script>\u202e":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#;
    let error = open_safetensors(&safetensors_file(header, 4)).expect_err("sizes disagree");
    for lang in Lang::ALL {
        assert!(!error.sentence(*lang).contains('\u{202e}'));
    }
}
