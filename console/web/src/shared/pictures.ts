/** Photos (照片): read with the token, kept while they are looked at, made small before they are sent. */
import { intake } from "./doors";
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
  const { data, error, response } = await intake.GET("/api/intake/attachments/{sha256}", {
    params: { path: { sha256 } },
    parseAs: "blob",
  } as never);
  if (error !== undefined || !response.ok) throw refusal(response.status, error);
  return URL.createObjectURL(data as unknown as Blob);
}

/** The longest side that is sent: enough to see a manhole cover's number. */
const LONGEST = 2560;

/** A picture as it is sent: a JPEG of at most 2,560 pixels, its own EXIF kept when it is small enough already. */
export async function prepared(file: Blob): Promise<Blob> {
  if (file.size <= 1_500_000 && /^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("canvas"))), "image/jpeg", 0.85);
  });
}

/** The name of some content: its SHA-256 in hexadecimal. */
export async function sha256(content: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await content.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Send a photo; answers its name. `token` is for senders without a login of the centre (a unit's upload token). */
export async function send(content: Blob, token?: string): Promise<string> {
  const name = await sha256(content);
  let answer: Response;
  try {
    answer = await fetch(`/api/intake/attachments/${name}`, {
      method: "PUT",
      headers: {
        Authorization: `Bearer ${token ?? (await freshToken())}`,
        "Content-Type": content.type || "image/jpeg",
      },
      body: content,
    });
  } catch {
    throw new Away();
  }
  if (!answer.ok) throw refusal(answer.status, await answer.json().catch(() => null));
  return name;
}
