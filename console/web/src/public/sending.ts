/** Sending a citizen's report (公众上报): a draft, its photos, then the report; what was done is not done again. */
import type { components } from "@/shared/api/intake";
import { newKey, once, open, told } from "@/shared/doors";
import { prepared, upload } from "@/shared/pictures";
import { Refused } from "@/shared/problem";

type Told = components["schemas"]["ToldPublicly"];

export interface Said {
  description: string;
  address: string;
  position: { lon: number; lat: number; accuracy: number | null } | null;
  name: string;
  telephone: string;
  website: string;
}

/** One report on its way; kept until the centre has answered, so that a second press repeats it. */
export class Sending {
  private key = newKey();
  private draft = "";
  private receipts = new Map<Blob, string>();

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
    const known = this.receipts.get(photo);
    if (known) return known;
    const { receipt } = await upload(await prepared(photo), { token: this.draft });
    this.receipts.set(photo, receipt);
    return receipt;
  }
}
