/** What a photo says of itself (照片自带的时间和位置): carried over when the picture is made smaller. */

const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0]; // "Exif\0\0"
const ORIENTATION = 0x0112;

/** The APP1 segment with the EXIF of a JPEG, markers included; null when there is none. */
export function exifOf(jpeg: Uint8Array): Uint8Array | null {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) return null;
  let at = 2;
  while (at + 4 <= jpeg.length && jpeg[at] === 0xff) {
    const marker = jpeg[at + 1] ?? 0;
    const length = ((jpeg[at + 2] ?? 0) << 8) | (jpeg[at + 3] ?? 0);
    if (marker === 0xda || length < 2 || at + 2 + length > jpeg.length) return null;
    if (marker === 0xe1 && EXIF.every((byte, place) => jpeg[at + 4 + place] === byte))
      return jpeg.slice(at, at + 2 + length);
    at += 2 + length;
  }
  return null;
}

/** A JPEG without EXIF gets one; the picture stands upright already, and the EXIF says so. */
export function withExif(jpeg: Uint8Array, exif: Uint8Array): Uint8Array {
  const upright = exif.slice();
  setUpright(upright);
  const whole = new Uint8Array(jpeg.length + upright.length);
  whole.set(jpeg.subarray(0, 2));
  whole.set(upright, 2);
  whole.set(jpeg.subarray(2), 2 + upright.length);
  return whole;
}

function setUpright(segment: Uint8Array): void {
  const tiff = new DataView(segment.buffer, segment.byteOffset + 10, segment.byteLength - 10);
  if (tiff.byteLength < 8) return;
  const little = tiff.getUint16(0) === 0x4949;
  const first = tiff.getUint32(4, little);
  if (first + 2 > tiff.byteLength) return;
  const count = tiff.getUint16(first, little);
  for (let place = 0; place < count; place += 1) {
    const entry = first + 2 + place * 12;
    if (entry + 12 > tiff.byteLength) return;
    if (tiff.getUint16(entry, little) === ORIENTATION) tiff.setUint16(entry + 8, 1, little);
  }
}
