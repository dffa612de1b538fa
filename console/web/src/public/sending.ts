/** Sending a citizen's report (公众上报): a draft, its photos, then the report; what was done is not done again. */
import type { components } from "@/shared/api/intake";
import { newKey, once, open, told } from "@/shared/doors";
import { prepared, sha256 } from "@/shared/pictures";
import { Away, refusal, Refused } from "@/shared/problem";

type Told = components["schemas"]["ToldPublicly"];

export interface Said {
  description: string;
  address: string;
  position: { lon: number; lat: number; accuracy: number | null } | null;
  name: string;
  telephone: string;
  website: string;
}

/** Milliseconds that a photo may take on a thin line. */
const PHOTO_PATIENCE = 120_000;

/** One report on its way; kept until the centre has answered, so that a second press repeats it. */
export class Sending {
  private key = newKey();
  private draft = "";
  private receipts = new Map<string, string>();

  async send(photos: Blob[], said: Said, progress: (words: string) => void): Promise<Told> {
    try {
      if (!this.draft) this.draft = (await told(open.POST("/api/intake/public/drafts", { body: {} }))).token;
      const receipts: string[] = [];
      for (const [place, photo] of photos.entries()) {
        progress(`正在上传照片 ${place + 1}/${photos.length}…`);
        receipts.push(await this.upload(photo));
      }
      progress("正在提交…");
      return await told(
        open.POST("/api/intake/public/reports", {
          params: { header: once(this.key) },
          body: {
            draft: this.draft,
            photos: receipts,
            description: said.description,
            address: said.address,
            position: said.position ? { ...said.position, datum: "wgs84" } : null,
            name: said.name,
            telephone: said.telephone || null,
            subcategory: null,
            website: said.website,
          },
        }),
      );
    } catch (error) {
      // Refused: nothing was done, and the next try is another one.
      if (error instanceof Refused && error.status < 500)
        this.begin(error.status === 401 || error.ruleOf("draft") !== undefined);
      throw error;
    }
  }

  private begin(anew: boolean): void {
    this.key = newKey();
    if (!anew) return;
    this.draft = "";
    this.receipts.clear();
  }

  private async upload(photo: Blob): Promise<string> {
    const small = await prepared(photo);
    const name = await sha256(small);
    const known = this.receipts.get(name);
    if (known) return known;
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), PHOTO_PATIENCE);
    let answer: Response;
    let body: { receipt?: string } | null;
    try {
      answer = await fetch(`/api/intake/attachments/${name}`, {
        method: "PUT",
        headers: {
          Authorization: `Bearer ${this.draft}`,
          "Content-Type": small.type || "image/jpeg",
          "Accept-Language": "zh-CN",
        },
        body: small,
        signal: stop.signal,
      });
      body = bodyOf(await answer.text());
    } catch {
      throw new Away();
    } finally {
      clearTimeout(late);
    }
    if (!answer.ok || !body?.receipt) throw refusal(answer.status, body);
    this.receipts.set(name, body.receipt);
    return body.receipt;
  }
}

function bodyOf(text: string): { receipt?: string } | null {
  try {
    return JSON.parse(text) as { receipt?: string } | null;
  } catch {
    return null;
  }
}
