// Sends a file piece by piece (tus 1.0), and on from what has arrived when a connection is cut.

import { Problem, _, problemOf, send } from "./api.js";

const PIECE = 4 << 20;
const TRIES = 8; // without any progress
const TUS = { "Tus-Resumable": "1.0.0" };
const FINAL = [400, 401, 403, 404, 413, 415];

/** Sends `file` to its upload, or to a new one, whose id is told to `begun`. Gives the id when all has arrived.
 *
 * `progress(bytes)` is told what has arrived. A Problem is thrown for what cannot be mended by waiting, and for an
 * upload that the server has no longer. */
export async function sent(file, { upload = "", begun, progress, signal }) {
  let offset = upload ? null : 0;
  let failures = 0;
  while (!upload || offset === null || offset < file.size) {
    signal.throwIfAborted();
    try {
      if (!upload) begun((upload = await begin(file, signal)));
      else if (offset === null) offset = await arrived(upload, signal);
      else offset = await sendPiece(upload, file, offset, progress, signal);
      failures = 0;
      progress(offset ?? 0);
    } catch (error) {
      if (error.name === "AbortError" || FINAL.includes(error.status)) throw error;
      if (++failures >= TRIES) throw error;
      if (upload) offset = null;
      await pause(Math.max(error.retryAfter || 0, Math.min(2 ** failures / 2, 20)), signal);
    }
  }
  return upload;
}

/** Gives an upload up; that it is gone already is no error. */
export function forget(upload) {
  return send("DELETE", `/api/v1/uploads/${upload}`, { headers: TUS }).catch(() => null);
}

async function begin(file, signal) {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const response = await send("POST", "/api/v1/uploads", {
    headers: { ...TUS, "Upload-Length": String(file.size), "Upload-Metadata": `filename ${name}` },
    as: "response",
    signal,
  });
  return response.headers.get("Location").split("/").pop();
}

async function arrived(upload, signal) {
  const response = await send("HEAD", `/api/v1/uploads/${upload}`, { headers: TUS, as: "response", signal });
  return Number(response.headers.get("Upload-Offset"));
}

/** `fetch` does not tell how far a request has come, so this is an XMLHttpRequest. */
function sendPiece(upload, file, offset, progress, signal) {
  const piece = file.slice(offset, offset + PIECE);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort);
    request.open("PATCH", `/api/v1/uploads/${upload}`);
    for (const [name, value] of Object.entries({
      ...TUS,
      "X-Requested-With": "wellread",
      "Upload-Offset": String(offset),
      "Content-Type": "application/offset+octet-stream",
    })) {
      request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", (event) => progress(offset + event.loaded));
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    request.addEventListener("load", () => {
      if (request.status === 204) resolve(Number(request.getResponseHeader("Upload-Offset")));
      else reject(refusal(request));
    });
    request.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    request.addEventListener("error", () => reject(new Problem(0, _("The connection was cut."), "")));
    request.send(piece);
  });
}

function refusal(request) {
  let told = {};
  try {
    told = JSON.parse(request.responseText);
  } catch {
    // A proxy's page, perhaps: its status is all that is known.
  }
  return problemOf(request.status, told, request.getResponseHeader("Retry-After"));
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("", "AbortError"));
    });
  });
}
