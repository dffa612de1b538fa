/** Photos (照片): read with the token, kept while they are looked at, made small before they are sent. */
import { intake } from "./doors";
import { exifOf, withExif } from "./exif";
import { Away, refusal } from "./problem";
import { freshToken } from "./session";

const MOST_KEPT = 200;
const kept = new Map<string, Promise<string>>();

/** The address of a photo for an `<img>`: a blob of this page. */
export function picture(sha256: string): Promise<string> {
  const known = kept.get(sha256);
  if (known) return known;
  const address = fetchPicture(sha256);
  kept.set(sha256, address);
  address.catch(() => kept.delete(sha256));
  if (kept.size > MOST_KEPT) {
    const [oldest] = kept.keys();
    if (oldest) {
      void kept.get(oldest)?.then((url) => URL.revokeObjectURL(url));
      kept.delete(oldest);
    }
  }
  return address;
}

async function fetchPicture(sha256: string): Promise<string> {
  return URL.createObjectURL(await pictureBlob(sha256));
}

/** A photo's content, for who keeps it: a blob's address may be shown but not fetched (content security policy). */
export async function pictureBlob(sha256: string): Promise<Blob> {
  const { data, error, response } = await intake.GET("/api/intake/attachments/{sha256}", {
    params: { path: { sha256 } },
    parseAs: "blob",
  } as never);
  if (error !== undefined || !response.ok) throw refusal(response.status, error);
  return data as unknown as Blob;
}

/** The longest side that is sent: enough to see a manhole cover's number. */
const LONGEST = 2560;

/**
 * A picture as it is sent: as it is when it is small enough; else a JPEG of at most 2,560 pixels that still
 * says of itself what the camera wrote.
 */
export async function prepared(file: Blob): Promise<Blob> {
  if (file.size <= 1_500_000 && /^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  const exif = exifOf(new Uint8Array(await file.slice(0, 262_144).arrayBuffer()));
  const small = await drawn(file);
  if (!exif) return small;
  const whole = withExif(new Uint8Array(await small.arrayBuffer()), exif);
  return new Blob([whole as BlobPart], { type: "image/jpeg" });
}

async function drawn(file: Blob): Promise<Blob> {
  const address = URL.createObjectURL(file);
  try {
    // An <img> stands upright in every browser; createImageBitmap does in some.
    const image = new Image();
    image.src = address;
    await image.decode();
    const scale = Math.min(1, LONGEST / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("canvas"))), "image/jpeg", 0.85);
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** The name of some content: its SHA-256 in hexadecimal. */
export async function sha256(content: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await content.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Milliseconds that a photo may take on a thin line. */
const PATIENCE = 120_000;

/** A photo that the server has: its name and, when an upload token brought it, the receipt for what it belongs to. */
export interface Sent {
  name: string;
  receipt: string;
}

/**
 * Send a photo and be told how far it is: `onProgress` gets the share that is sent, 0 to 1. `token` is for senders
 * without a login of the centre (a unit's upload token, a citizen's draft).
 */
export async function upload(
  content: Blob,
  { token, onProgress }: { token?: string; onProgress?: (share: number) => void } = {},
): Promise<Sent> {
  const name = await sha256(content);
  const bearer = token ?? (await freshToken());
  const { status, body } = await put(`/api/intake/attachments/${name}`, content, bearer, onProgress);
  if (status < 200 || status >= 300) throw refusal(status, body);
  const receipt = (body as { receipt?: string } | null)?.receipt ?? "";
  // Whoever answers a token without one is not our door.
  if (token && !receipt) throw refusal(status, body);
  return { name, receipt };
}

/** XMLHttpRequest, since fetch tells nothing while it sends. */
function put(
  address: string,
  content: Blob,
  bearer: string,
  onProgress?: (share: number) => void,
): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", address);
    request.setRequestHeader("Authorization", `Bearer ${bearer}`);
    request.setRequestHeader("Content-Type", content.type || "image/jpeg");
    request.setRequestHeader("Accept-Language", "zh-CN");
    request.responseType = "json";
    request.timeout = PATIENCE;
    request.upload.onprogress = (told) => {
      if (told.lengthComputable && told.total) onProgress?.(told.loaded / told.total);
    };
    request.onload = () => resolve({ status: request.status, body: request.response as unknown });
    request.onerror = request.ontimeout = request.onabort = () => reject(new Away());
    request.send(content);
  });
}
