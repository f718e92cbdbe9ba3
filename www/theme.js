// Before the first paint: the theme and the language that the address asks for, or that were chosen last time.
// The page does the same thing later, in `src/app/settings.rs`; this only avoids a flash of the wrong colours.
{
  const choice = (name, allowed) => {
    let kept = null;
    try {
      kept = localStorage.getItem(`afina.${name}`);
    } catch {
      // No store in this window: the address or the default decides.
    }
    return [new URLSearchParams(location.search).get(name), kept].find((value) => allowed.test(value ?? ""));
  };
  const theme = choice("theme", /^(system|light|dark)$/);
  if (theme) document.documentElement.dataset.theme = theme;
  const lang = choice("lang", /^[a-z]{2,3}$/);
  if (lang) document.documentElement.lang = lang;
}
