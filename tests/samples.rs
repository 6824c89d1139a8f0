//! Small sound files of every format, made here, for tests of the program as a whole.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

/// An IDX file of `count` images of 4 x 4, or of their labels.
pub fn idx(count: u8, labels: bool) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, if labels { 1 } else { 3 }, 0, 0, 0, count];
    if labels {
        bytes.extend((0..count).map(|i| i % 3));
    } else {
        bytes.extend([0, 0, 0, 4, 0, 0, 0, 4]);
        bytes.extend((0..u32::from(count) * 16).map(|i| (i * 37 % 251) as u8));
    }
    bytes
}

/// Records of CIFAR-10.
pub fn cifar(count: u8) -> Vec<u8> {
    (0..count)
        .flat_map(|i| {
            let mut record = vec![i % 10];
            record.extend((0..3072_u32).map(|p| ((p * 7 + u32::from(i) * 31) % 256) as u8));
            record
        })
        .collect()
}

/// An NPY file of that type and shape.
pub fn npy(dtype: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    let header =
        format!("{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// Twelve rows of five singles as an NPY file.
pub fn npy_inputs() -> Vec<u8> {
    let data: Vec<u8> = (0..60_u16)
        .flat_map(|i| f32::from(i * 13 % 17).to_le_bytes())
        .collect();
    npy("<f4", false, "(12, 5)", &data)
}

/// Twelve labels of three classes as an NPY file.
pub fn npy_labels() -> Vec<u8> {
    let data: Vec<u8> = (0..12_i64).flat_map(|i| (i % 3).to_be_bytes()).collect();
    npy(">i8", false, "(12,)", &data)
}

/// A zip archive, packed or stored.
pub fn zip(members: &[(&str, Vec<u8>)], packed: bool) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let method = if packed {
        zip::CompressionMethod::Deflated
    } else {
        zip::CompressionMethod::Stored
    };
    for (name, bytes) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        zip.start_file(*name, options)
            .expect("memory can be written to");
        zip.write_all(bytes).expect("memory can be written to");
    }
    zip.finish().expect("memory can be written to").into_inner()
}

/// A tar archive.
pub fn tar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        let written = archive.append_data(&mut header, name, &bytes[..]);
        written.expect("memory can be written to");
    }
    archive.into_inner().expect("memory can be written to")
}

/// A gzip file.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("memory can be written to");
    packer.finish().expect("memory can be written to")
}

/// A picture of 6 x 6, grey or RGB, as PNG or JPEG.
pub fn picture(number: u8, colour: bool, jpeg: bool) -> Vec<u8> {
    let channels = if colour { 3 } else { 1 };
    let bytes: Vec<u8> = (0..36 * channels)
        .map(|i| (i * 5 + u32::from(number) * 29) as u8)
        .collect();
    let mut out = Cursor::new(Vec::new());
    let kind = if colour {
        image::ExtendedColorType::Rgb8
    } else {
        image::ExtendedColorType::L8
    };
    let format = if jpeg {
        image::ImageFormat::Jpeg
    } else {
        image::ImageFormat::Png
    };
    image::write_buffer_with_format(&mut out, &bytes, 6, 6, kind, format)
        .expect("memory can be written to");
    out.into_inner()
}

/// A table of twelve rows.
pub fn table() -> String {
    let mut text = "height,width,kind\n".to_owned();
    for i in 0..12 {
        text.push_str(&format!(
            "{},{}.5,\"{}\"\n",
            i * 7 % 11,
            i,
            ["red", "blue"][i % 2]
        ));
    }
    text
}

/// Small tables in the layouts that people have them in.
pub fn everyday() -> Vec<Vec<u8>> {
    let rows = |row: &dyn Fn(usize) -> String| (0..8).map(row).collect::<String>();
    let words = |i: usize| format!("{},{}.5,\"w{}\",{}\n", i % 2, i, i % 3, ["a", "b"][i % 2]);
    let utf16 = |text: String| -> Vec<u8> {
        [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect()
    };
    vec![
        format!("# one\nn,size,word,kind\n,cm,,\n{}", rows(&words)).into_bytes(),
        format!(
            "day;size;yes;kind;\n{}",
            rows(&|i| format!("2020-01-{:02};1.0{i}0,5;yes;{};\n", i + 1, i % 2))
        )
        .into_bytes(),
        format!(
            "sep=;\na;b\n{}Total\n",
            rows(&|i| format!("\"1,{i}00\";?\n"))
        )
        .into_bytes(),
        format!("8,2,no,yes\n{}", rows(&|i| format!("{i}.5,NA,{}\n", i % 2))).into_bytes(),
        rows(&|i| format!("  {i}.5   {}\t {}\n", i * 3 % 7, i % 2)).into_bytes(),
        format!(
            "a,b,is_x,is_y,is_z\n{}",
            rows(&|i| {
                let one = |k: usize| u8::from(i % 3 == k);
                format!("{i}.5,{},{},{},{}\n", i * 3 % 7, one(0), one(1), one(2))
            })
        )
        .into_bytes(),
        utf16(format!(
            "a,b,kind\n{}",
            rows(&|i| format!("{i},,\u{fc}{}\n", i % 2))
        )),
    ]
}

/// Twelve series of two channels.
pub fn series() -> String {
    let mut text = "@problemName X\n@dimensions 2\n@classLabel true up down\n@data\n".to_owned();
    for i in 0..12 {
        let class = if i % 2 == 0 { "up" } else { "down" };
        text.push_str(&format!("{i},1.5,2:3,-4e-1,{i}:{class}\n"));
    }
    text
}

/// Sentences and their classes, without names of columns.
pub fn sentences() -> String {
    let text = |i: usize| match i % 3 {
        0 => format!("free prize {i} call now, please"),
        1 => format!("see you at {i}"),
        _ => "thanks a lot Ω".to_owned(),
    };
    let kind = |i: usize| if i.is_multiple_of(3) { "spam" } else { "ham" };
    (0..60)
        .map(|i| format!("{}\t{}\n", kind(i), text(i)))
        .collect()
}

/// Series whose classes are two words, as aeon writes them.
pub fn worded_series() -> String {
    let mut text =
        "@problemName two\n@univariate true\n@classLabel true big one small one\n@data\n"
            .to_owned();
    for i in 0..12 {
        let class = if i % 2 == 0 { "big one" } else { "small one" };
        text.push_str(&format!("{i},1.5,2:{class}\n"));
    }
    text
}

/// Writes one sample of every format into a folder of its own below `folder`: (format, path to open).
pub fn write_all(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let put = |path: &str, bytes: &[u8]| {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().expect("below the folder"))
            .expect("a writable folder");
        std::fs::write(&path, bytes).expect("a writable folder");
        path
    };
    let npz = zip(&[("x.npy", npy_inputs()), ("y.npy", npy_labels())], true);
    put("idx/labels", &idx(12, true));
    put("npy/y.npy", &npy_labels());
    for i in 0..12_u8 {
        put(
            &format!("pictures/{}/{i}.png", i % 2),
            &picture(i, true, false),
        );
        put(
            &format!("photos/{}/{i}.jpg", i % 2),
            &picture(i, false, true),
        );
    }
    let members: Vec<(String, Vec<u8>)> = (0..12_u8)
        .map(|i| (format!("{}/{i}.png", i % 3), picture(i, false, false)))
        .collect();
    let members: Vec<(&str, Vec<u8>)> = members
        .iter()
        .map(|(n, b)| (n.as_str(), b.clone()))
        .collect();
    put("text/one.txt", b"abba\nbaba\naab\nbb\na\n");
    put("text/two.txt", b"xyz\nzzy\nyx\nxx\nzx\nba\n");
    vec![
        ("idx", put("idx/images", &idx(12, false))),
        ("cifar-10", put("cifar/batch.bin", &cifar(12))),
        ("npy", put("npy/x.npy", &npy_inputs())),
        ("npz", put("npz/a.npz", &npz)),
        ("table", put("table/a.csv", table().as_bytes())),
        (
            "table.gz",
            put(
                "table/b.tsv.gz",
                &gzip(table().replace(',', "\t").as_bytes()),
            ),
        ),
        ("series", put("series/a.ts", series().as_bytes())),
        ("pictures", folder.join("pictures")),
        ("photos", folder.join("photos")),
        ("pictures.zip", put("zip/a.zip", &zip(&members, false))),
        ("text", folder.join("text")),
        ("sentences", put("sentences/a", sentences().as_bytes())),
        (
            "worded-series",
            put("worded/a.ts", worded_series().as_bytes()),
        ),
        ("numbers", {
            let rows = |from: usize, n: usize| -> String {
                let row = |i: usize| format!("  {}.5e-1  {} -{}.25\n", i * i % 7, i, i % 5);
                (from..from + n).map(row).collect()
            };
            let labels =
                |n: usize| -> String { (0..n).map(|i| format!("{}\n", 1 + i % 2)).collect() };
            put("numbers/activity_labels.txt", b"1 UP\n2 DOWN\n");
            put("numbers/train/X_train.txt", rows(0, 12).as_bytes());
            put("numbers/train/y_train.txt", labels(12).as_bytes());
            put("numbers/test/X_test.txt", rows(12, 6).as_bytes());
            put("numbers/test/y_test.txt", labels(6).as_bytes());
            folder.join("numbers")
        }),
        ("numbers-by-class", {
            let rows = |from: i32| -> String {
                (from..from + 9)
                    .map(|i| format!("{i} {}\n", i * i % 11))
                    .collect()
            };
            put("by-class/one.txt", rows(0).as_bytes());
            put("by-class/two.txt", rows(30).as_bytes());
            folder.join("by-class")
        }),
    ]
}
