//! The code of a notebook, in Python. What a visitor chose or brought goes in as literals only.

use std::fmt::Write as _;

use super::Recipe;
use crate::data::examples::Example;
use crate::math::peft::{Activation, LoraSettings, Method, Optimizer, Placement, PrefixSettings, Schedule};

pub(super) fn install(method: Method) -> String {
    let quantized = if method == Method::Qlora { " bitsandbytes accelerate" } else { "" };
    format!("%pip install -q torch \"transformers>=4.45\" \"peft>=0.13\" safetensors{quantized}")
}

/// A text as a Python literal: JSON's escapes are Python's too.
fn literal(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

pub(super) fn settings(recipe: &Recipe<'_>) -> String {
    let Recipe { seed, steps, batch, accumulate, rate, weight_decay, clip, warmup, patience, look_every, .. } = recipe;
    let schedule = match recipe.schedule {
        Schedule::Constant => "constant_with_warmup",
        Schedule::Linear => "linear",
        Schedule::Cosine => "cosine",
    };
    format!(
        "import json, math, pathlib, random\n\n\
         import torch\n\
         from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, get_scheduler\n\n\
         BASE = {base}\n\
         SEED = {seed}\n\
         STEPS, BATCH, ACCUMULATE = {steps}, {batch}, {accumulate}\n\
         RATE, WEIGHT_DECAY, CLIP = {rate}, {weight_decay}, {clip}\n\
         SCHEDULE, WARMUP = \"{schedule}\", {warmup}\n\
         PATIENCE, LOOK_EVERY = {patience}, {look_every}\n\
         MASK_PROMPT = {mask}\n\
         MIXED_PRECISION = {mixed}\n\
         BEFORE, AFTER = {before:?}, {after:?}\n\n\
         random.seed(SEED)\n\
         torch.manual_seed(SEED)\n\
         device = \"cuda\" if torch.cuda.is_available() else \"cpu\"\n",
        base = literal(recipe.base),
        look_every = (*look_every).max(1),
        mask = truth(recipe.mask_prompt),
        mixed = truth(recipe.mixed_precision),
        before = recipe.before,
        after = recipe.after,
    )
}

pub(super) fn data(recipe: &Recipe<'_>) -> String {
    let mut out =
        String::from("def examples(lines):\n    return [json.loads(line) for line in lines.split(\"\\n\") if line]\n");
    for (name, part) in [("TRAIN", recipe.train), ("VALIDATION", recipe.validation), ("TEST", recipe.test)] {
        // Writing to a text cannot fail.
        let _ = write!(out, "\n\n{name} = examples(r'''\n{}''')\n", lines(part));
    }
    out
}

/// JSON lines that can stand in a raw Python string: without the sign that ends it.
fn lines(examples: &[Example]) -> String {
    let line = |Example { prompt, completion }: &Example| {
        let line = serde_json::json!({ "prompt": prompt, "completion": completion }).to_string();
        line.replace('\'', "\\u0027") + "\n"
    };
    examples.iter().map(line).collect()
}

pub(super) fn model(recipe: &Recipe<'_>) -> String {
    let load = if recipe.method == Method::Qlora {
        "from transformers import BitsAndBytesConfig\n\n\
         quantized = BitsAndBytesConfig(\n    load_in_4bit=True,\n    bnb_4bit_quant_type=\"nf4\",\n    \
         bnb_4bit_use_double_quant=True,\n    bnb_4bit_compute_dtype=torch.float32,\n)\n\
         model = AutoModelForCausalLM.from_pretrained(\n    BASE, quantization_config=quantized, torch_dtype=torch.float32, \
         device_map={\"\": 0}\n)\n"
    } else {
        "model = AutoModelForCausalLM.from_pretrained(BASE, torch_dtype=torch.float32)\n"
    };
    // `peft` gives keys and values to layers that would be computed twice.
    let has_keys = matches!(recipe.method, Method::Prefix | Method::DeepPrompt);
    let again = if recipe.checkpointing && !has_keys {
        "model.gradient_checkpointing_enable()\nmodel.enable_input_require_grads()\n"
    } else {
        ""
    };
    format!(
        "tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(pathlib.Path(BASE) / \"tokenizer.json\"))\n\
         {load}{again}\n{method}{placed}\n\
         trained = [parameter for parameter in model.parameters() if parameter.requires_grad]\n\
         print(sum(parameter.numel() for parameter in trained), \"/\", model.num_parameters())\n",
        method = method(recipe),
        // A quantized model is where it was loaded.
        placed = if recipe.method == Method::Qlora { "" } else { "model = model.to(device)\n" },
    )
}

fn method(recipe: &Recipe<'_>) -> String {
    let settings = recipe.settings;
    let peft = |class: &str, fields: &[String], before: &str| {
        format!(
            "from peft import {class}, get_peft_model\n\n{before}\
             model = get_peft_model(model, {class}(\n    task_type=\"CAUSAL_LM\",\n    {},\n))\n",
            fields.join(",\n    ")
        )
    };
    match recipe.method {
        Method::Full => "model.requires_grad_(True)\n".into(),
        Method::Head => "model.requires_grad_(False)\nmodel.config.tie_word_embeddings = False\n\
                         model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())\n"
            .into(),
        Method::Lora | Method::Qlora => {
            let LoraSettings { rank, alpha, dropout, targets, rank_stabilized } = &settings.lora;
            let modules: Vec<&str> = targets.iter().map(|target| target.module()).collect();
            let fields = [
                format!("r={rank}"),
                format!("lora_alpha={alpha}"),
                format!("lora_dropout={dropout}"),
                format!("target_modules={modules:?}"),
                format!("use_rslora={}", truth(*rank_stabilized)),
            ];
            let prepared = "from peft import prepare_model_for_kbit_training\n\n\
                            model = prepare_model_for_kbit_training(model, use_gradient_checkpointing=False)\n";
            peft("LoraConfig", &fields, if recipe.method == Method::Qlora { prepared } else { "" })
        }
        Method::Adapter => adapters(recipe),
        Method::Prompt => {
            let fields = [format!("num_virtual_tokens={}", settings.prompt.tokens)];
            peft("PromptTuningConfig", &fields, "") + &told(&settings.prompt.text)
        }
        Method::Prefix | Method::DeepPrompt => {
            let PrefixSettings { tokens, hidden } = settings.prefix;
            let mut fields = vec![format!("num_virtual_tokens={tokens}")];
            if recipe.method == Method::Prefix {
                fields.extend(["prefix_projection=True".to_owned(), format!("encoder_hidden_size={hidden}")]);
            }
            peft("PrefixTuningConfig", &fields, "")
        }
    }
}

/// Begins a prompt as the embeddings of a text, repeated as often as needed. `peft` does so too, but with a tokenizer that it
/// loads itself from a folder with more files than ours.
fn told(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!(
        "table = model.prompt_encoder[\"default\"].embedding.weight\n\
         words = tokenizer.encode({}, add_special_tokens=False)\n\
         words = (words * math.ceil(len(table) / len(words)))[:len(table)]\n\
         with torch.no_grad():\n    table.copy_(model.get_input_embeddings().weight[words])\n",
        literal(text)
    )
}

/// Bottleneck adapters, which `peft` does not have: they read what attention or the feed-forward part gives.
fn adapters(recipe: &Recipe<'_>) -> String {
    let settings = &recipe.settings.adapter;
    let activation = match settings.activation {
        Activation::Relu => "relu",
        Activation::Gelu => "gelu",
        Activation::Silu => "silu",
    };
    let sites = match settings.placement {
        Placement::Houlsby => "[layer.self_attn, layer.mlp]",
        Placement::Pfeiffer => "[layer.mlp]",
    };
    let residual = if settings.residual { "hidden + changed" } else { "changed" };
    format!(
        "class Adapter(torch.nn.Module):\n    \
             def __init__(self, channels, bottleneck):\n        \
                 super().__init__()\n        \
                 self.down = torch.nn.Linear(channels, bottleneck)\n        \
                 self.up = torch.nn.Linear(bottleneck, channels)\n        \
                 torch.nn.init.normal_(self.down.weight, std=1 / math.sqrt(channels))\n        \
                 for start in [self.down.bias, self.up.weight, self.up.bias]:\n            \
                     torch.nn.init.zeros_(start)\n\n    \
             def forward(self, hidden):\n        \
                 changed = self.up(torch.nn.functional.{activation}(self.down(hidden)))\n        \
                 return {residual}\n\n\n\
         def adapt(module, inputs, output):\n    \
             if isinstance(output, tuple):\n        \
                 return (module.adapter(output[0]), *output[1:])\n    \
             return module.adapter(output)\n\n\n\
         model.requires_grad_(False)\n\
         for layer in model.model.layers:\n    \
             for site in {sites}:\n        \
                 site.adapter = Adapter(model.config.hidden_size, {bottleneck})\n        \
                 site.register_forward_hook(adapt)\n",
        bottleneck = settings.bottleneck
    )
}

pub(super) const BATCHES: &str = r#"def batch_of(items, mask_prompt):
    encoded = []
    for item in items:
        prompt = BEFORE + tokenizer.encode(item["prompt"], add_special_tokens=False)
        answer = tokenizer.encode(item["completion"], add_special_tokens=False) + AFTER
        encoded.append((len(prompt) if mask_prompt else 0, prompt + answer))
    longest = max(len(tokens) for _, tokens in encoded)
    ids = torch.zeros(len(items), longest, dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, -100)
    for row, (begin, tokens) in enumerate(encoded):
        ids[row, :len(tokens)] = torch.tensor(tokens)
        mask[row, :len(tokens)] = 1
        labels[row, begin:len(tokens)] = torch.tensor(tokens[begin:])
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device), "labels": labels.to(device)}


def shuffled():
    order = list(TRAIN)
    while True:
        random.shuffle(order)
        yield from order


@torch.no_grad()
def measure(items):
    """Loss on a token of the answers, and the share of answers that are right as a whole."""
    model.eval()
    loss = tokens = right = 0
    for begin in range(0, len(items), 32):
        batch = batch_of(items[begin:begin + 32], True)
        wanted = batch.pop("labels")[:, 1:]
        logits = model(**batch).logits[:, -batch["input_ids"].shape[1]:][:, :-1].float()
        right += ((logits.argmax(-1) == wanted) | (wanted == -100)).all(1).sum().item()
        loss += torch.nn.functional.cross_entropy(logits.transpose(1, 2), wanted, reduction="sum").item()
        tokens += (wanted != -100).sum().item()
    model.train()
    return loss / max(tokens, 1), right / max(len(items), 1)
"#;

pub(super) fn training(recipe: &Recipe<'_>) -> String {
    let rule = match recipe.optimizer {
        Optimizer::AdamW => "AdamW(groups, lr=RATE)",
        Optimizer::Sgd => "SGD(groups, lr=RATE, momentum=0.9)",
    };
    format!("OPTIMIZER = lambda groups: torch.optim.{rule}\n\n{LOOP}")
}

const LOOP: &str = r#"groups = [
    {"params": [p for p in trained if p.dim() > 1], "weight_decay": WEIGHT_DECAY},
    {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
]
optimizer = OPTIMIZER(groups)
scheduler = get_scheduler(SCHEDULE, optimizer, WARMUP, STEPS)
half = torch.float16 if device == "cuda" else torch.bfloat16
scaler = torch.cuda.amp.GradScaler(enabled=MIXED_PRECISION and device == "cuda")

source, best, waited = shuffled(), math.inf, 0
model.train()
for step in range(1, STEPS + 1):
    total = 0.0
    for _ in range(ACCUMULATE):
        batch = batch_of([next(source) for _ in range(BATCH)], MASK_PROMPT)
        with torch.autocast(device, dtype=half, enabled=MIXED_PRECISION):
            loss = model(**batch).loss / ACCUMULATE
        scaler.scale(loss).backward()
        total += loss.item()
    scaler.unscale_(optimizer)
    if CLIP > 0:
        torch.nn.utils.clip_grad_norm_(trained, CLIP)
    scaler.step(optimizer)
    scaler.update()
    scheduler.step()
    optimizer.zero_grad()
    if step % LOOK_EVERY == 0 or step == STEPS:
        seen, accuracy = measure(VALIDATION)
        print(f"{step:5}  {total:.4f}  {seen:.4f}  {accuracy:.3f}")
        waited = 0 if seen < best else waited + 1
        best = min(best, seen)
        if 0 < PATIENCE <= waited:
            break
"#;

pub(super) fn test(recipe: &Recipe<'_>) -> String {
    let lab = recipe.accuracy.filter(|share| share.is_finite()).map_or("None".to_owned(), |share| share.to_string());
    format!(
        "loss, accuracy = measure(TEST)\nin_afina = {lab}\nprint(f\"{{loss:.4f}}  {{accuracy:.3f}}  Afina: {{in_afina}}\")\n"
    )
}

pub(super) fn saving(method: Method) -> String {
    let folder = format!("afina-{}", method.word());
    if method != Method::Adapter {
        return format!("model.save_pretrained(\"{folder}\")\n");
    }
    format!(
        "from safetensors.torch import save_file\n\n\
         weights = {{name: tensor for name, tensor in model.state_dict().items() if \".adapter.\" in name}}\n\
         save_file(weights, \"{folder}.safetensors\", {{\"format\": \"pt\"}})\n"
    )
}
