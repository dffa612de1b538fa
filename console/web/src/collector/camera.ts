/** 拍照: a picture as it will be sent, kept on the phone at once. */
import { prepared, sha256 } from "@/shared/pictures";
import type { KeptPhoto } from "./outbox/store";

export async function taken(file: Blob): Promise<KeptPhoto> {
  const small = await prepared(file);
  return {
    sha256: await sha256(small),
    type: small.type || "image/jpeg",
    bytes: await small.arrayBuffer(),
    at: Date.now(),
  };
}
