// What is on a page of the texts in hostility.py beyond their words: a list, which should be empty.
() => {
  const found = [];
  const no = (what, elements) => {
    for (const one of elements) found.push(`${what}: ${one.outerHTML.slice(0, 200)}`);
  };
  const kinds =
    "iframe, frame, object, embed, applet, base, style, image, portal, marquee, foreignObject, animate, set, " +
    "meta[http-equiv], svg script, svg a";
  const addresses = ["href", "src", "srcset", "poster", "action", "formaction", "data", "xlink:href", "background"];
  const isOwn = (given) => {
    try {
      return new URL(given.trim().split(/\s/)[0], location.href).origin === location.origin;
    } catch {
      return false;
    }
  };
  const isPicture = (one, name, given) => name === "src" && one.matches("img") && /^data:image\/(png|jpeg|webp)/.test(given);
  const isFarewell = (one, name, given) => name === "href" && one.matches("a[rel~=noreferrer]") && /^https?:/.test(given);

  const all = [...document.querySelectorAll("*")];
  if (window.pwned || document.title === "pwned") found.push("a script ran");
  no("planted", document.querySelectorAll("#planted, [name=planted], .planted, [id=words]:not(script)"));
  no("of a foreign kind", document.querySelectorAll(kinds));
  no("unknown", all.filter((one) => one instanceof HTMLUnknownElement));
  no("a script", [...document.scripts].filter((one) => one.type !== "application/json" && !(one.src && isOwn(one.src))));
  no("a handler", all.filter((one) => [...one.attributes].some((given) => /^on/i.test(given.name))));
  no("a style", all.filter((one) => /url\(/i.test(one.getAttribute("style") || "")));
  for (const name of addresses) {
    for (const one of all) {
      const given = one.getAttribute(name);
      if (given === null || isOwn(given) || isPicture(one, name, given) || isFarewell(one, name, given)) continue;
      no(name, [one]);
    }
  }
  return found;
}
