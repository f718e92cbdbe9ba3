//! The file of our own.

use afina::data::llama::LlamaConfig;
use afina::data::peft::{Adapter, OWN_FILE, kept, read, write, write_own};
use afina::math::Generator;
use afina::math::peft::{AdapterSettings, LoraSettings, Method, ModelShape, PeftSettings, Placement, Target};
use afina::protocol::LabError;

use crate::models::{tied, untied};

/// A trained adapter with random numbers.
pub fn trained(config: &LlamaConfig, method: Method, settings: PeftSettings) -> Adapter {
    let mut random = Generator::new(3);
    let shape = ModelShape::from(config);
    let kept = kept(&shape, method, &settings);
    let matrices = kept.iter().map(|spec| (0..spec.count()).map(|_| random.normal() as f32).collect());
    Adapter::new(&shape, method, settings, matrices.collect()).expect("as many as are kept")
}

#[test]
fn every_method_comes_back_from_it() {
    for model in [tied(), untied()] {
        for placement in [Placement::Houlsby, Placement::Pfeiffer] {
            for method in Method::ALL {
                let settings = PeftSettings {
                    adapter: AdapterSettings { placement, bottleneck: 3, ..AdapterSettings::default() },
                    lora: LoraSettings { rank: 2, targets: vec![Target::Key, Target::Up], ..LoraSettings::default() },
                    ..PeftSettings::default()
                };
                let adapter = trained(&model.config, method, settings);
                let bytes = write_own(&adapter, &model.config).unwrap();
                let files = vec![(OWN_FILE.to_owned(), bytes)];
                assert_eq!(read(&files, &model.config), Ok(adapter), "{method:?}");
            }
        }
    }
}

#[test]
fn what_peft_does_not_have_is_not_written_as_if_it_did() {
    let model = tied();
    for method in [Method::Full, Method::Head, Method::Adapter] {
        let adapter = trained(&model.config, method, PeftSettings::default());
        let error = write(&adapter, &model.config, "b").expect_err("no PEFT folder");
        assert!(matches!(&error, LabError::Conflict { field, .. } if field == method.word()), "{error:?}");
        assert!(error.to_string().contains("PEFT"), "{error}");
    }
}

#[test]
fn another_models_adapter_is_refused() {
    let (one, other) = (tied(), untied());
    for method in Method::ALL {
        let adapter = trained(&one.config, method, PeftSettings::default());
        // Of channels, layers and keys, which is all that the others know of their model, the two have as many.
        if matches!(method, Method::Full | Method::Head | Method::Lora | Method::Qlora) {
            assert!(matches!(write_own(&adapter, &other.config), Err(LabError::Shape { .. })), "{method:?}");
        }
        let files = vec![(OWN_FILE.to_owned(), write_own(&adapter, &one.config).unwrap())];
        assert!(matches!(read(&files, &other.config), Err(LabError::Shape { .. })), "{method:?}");
    }
}
