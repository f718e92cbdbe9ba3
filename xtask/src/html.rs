//! Turns the one `index.html` that Trunk wrote into the pages of a static site below any path.

use crate::run::Outcome;

/// No inline script or style, nothing from elsewhere; wasm may compile.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' blob: data:; worker-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'none'";
/// The folder that Trunk fills; a finished site calls it by the build's stamp.
pub const UNSTAMPED: &str = "dev";

/// One page: every address relative to `up` (`./` or `../`) and stamped, the policy in place, comments gone.
///
/// `stamp_of` gives the stamp of a file's content by its path in the site.
///
/// # Errors
/// If the template lacks what is to be replaced, or holds what the policy would block.
pub fn page(template: &str, up: &str, build: &str, stamp_of: impl Fn(&str) -> Outcome<String>) -> Outcome<String> {
    let mut html = without_trunk(&without_comments(template));
    for attribute in ["href=\"/", "src=\"/"] {
        html = with_addresses(&html, attribute, up, build, &stamp_of)?;
    }
    let root = "<meta name=\"afina-root\" content=\"/\">";
    if !html.contains(root) {
        return Err(format!("index.html lacks `{root}`."));
    }
    html = html.replace(root, &format!("<meta name=\"afina-root\" content=\"{up}\">"));
    let first = "<meta charset=\"utf-8\">";
    if !html.contains(first) {
        return Err(format!("index.html lacks `{first}`."));
    }
    html = html.replace(first, &format!("{first}\n  {}", policy()));
    refuse_inline(&html)?;
    Ok(html)
}

fn policy() -> String {
    format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">")
}

/// The page of an address that does not exist. A host may show it at any depth, so it depends on no other file.
pub fn missing_page() -> String {
    format!(
        "<!doctype html>\n<html lang=\"es\">\n<head>\n<meta charset=\"utf-8\">\n{}\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Afina</title>\n</head>\n<body>\n\
         <main>\n<h1>Afina</h1>\n<p>Aquí no hay ninguna página. <a href=\"./\">Ir al inicio</a></p>\n\
         <p lang=\"en\">There is no page here. <a href=\"./\">Go to the start</a></p>\n</main>\n</body>\n</html>\n",
        policy()
    )
}

fn with_addresses(
    html: &str,
    attribute: &str,
    up: &str,
    build: &str,
    stamp_of: &impl Fn(&str) -> Outcome<String>,
) -> Outcome<String> {
    let mut pieces = html.split(attribute);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (path, rest) = piece.split_once('"').ok_or("index.html: an address without end.")?;
        out += attribute.trim_end_matches('/');
        out += up;
        match path.strip_prefix(UNSTAMPED).and_then(|p| p.strip_prefix('/')) {
            Some(name) => out += &format!("{build}/{name}"),
            None => out += &format!("{path}?v={}", stamp_of(path)?),
        }
        out.push('"');
        out += rest;
    }
    Ok(out)
}

fn without_comments(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once("<!--") {
        out += before.trim_end_matches(' ');
        rest = after.split_once("-->").map_or("", |(_, tail)| tail);
    }
    out += rest;
    let lines: Vec<&str> = out.lines().filter(|l| !l.trim().is_empty()).collect();
    lines.join("\n") + "\n"
}

/// Trunk leaves the asset of the page itself in place if it injects no script.
fn without_trunk(html: &str) -> String {
    let lines: Vec<&str> = html.lines().filter(|l| !l.contains("data-trunk")).collect();
    lines.join("\n") + "\n"
}

fn refuse_inline(html: &str) -> Outcome {
    for piece in html.split("<script").skip(1) {
        let (tag, body) = piece.split_once('>').unwrap_or((piece, ""));
        let inline = body.split("</script").next().unwrap_or_default();
        if !tag.contains("src=") || !inline.trim().is_empty() {
            return Err("index.html holds a script of its own, which the policy blocks.".into());
        }
    }
    if html.contains("<style") || html.contains(" style=") {
        return Err("index.html holds a style of its own, which the policy blocks.".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "<head>\n<meta charset=\"utf-8\">\n<!-- why -->\n<link data-trunk rel=\"rust\">\n<meta name=\"afina-root\" content=\"/\">\n\
        <link href=\"/css/app.css\"><script type=\"module\" src=\"/dev/boot.js\"></script></head>";

    fn stamped(template: &str) -> Outcome<String> {
        page(template, "../", "b1", |path| Ok(format!("hash-of-{}", path.replace(['/', '.'], "-"))))
    }

    #[test]
    fn addresses_become_relative_and_stamped() {
        let html = stamped(TEMPLATE).unwrap();
        assert!(html.contains("href=\"../css/app.css?v=hash-of-css-app-css\""), "{html}");
        assert!(html.contains("src=\"../b1/boot.js\""), "{html}");
        assert!(html.contains("content=\"../\">"), "{html}");
        assert!(html.contains("script-src 'self' 'wasm-unsafe-eval';") && !html.contains("unsafe-inline"), "{html}");
        assert!(!html.contains("<!--") && !html.contains("data-trunk"), "{html}");
    }

    #[test]
    fn a_template_that_the_policy_would_break_is_refused() {
        for bad in [
            "<script>go()</script>",
            "<script src=\"/a.js\">go()</script>",
            "<p style=\"color: red\">",
            "<style>p {}</style>",
        ] {
            assert!(stamped(&format!("{TEMPLATE}{bad}")).is_err(), "{bad}");
        }
        assert!(stamped("<meta charset=\"utf-8\">").is_err());
    }
}
