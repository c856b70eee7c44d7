// Tells the server the reader's time zone, so that it says days and times as the reader's clock has them.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";

/** Whether the server had another zone, or none, when it made this page. */
export function zoneChanged() {
  const cookie = `wellread_zone=${zone}`;
  if (!zone || document.cookie.split("; ").includes(cookie)) return false;
  keep("wellread_zone", zone);
  return document.cookie.split("; ").includes(cookie);
}

/** Keeps a choice for a year, on this browser; "" forgets it. */
export function keep(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; Max-Age=${value ? 31536000 : 0}; SameSite=Lax${secure}`;
}
