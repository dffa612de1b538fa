/** A short word at the lower edge (提示), and a question before what cannot be undone. */
import { readonly, ref, shallowRef } from "vue";

const SHOWN = 3_500;
const text = ref("");
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(words: string, shown = SHOWN): void {
  text.value = words;
  clearTimeout(timer);
  timer = setTimeout(() => (text.value = ""), shown);
}

export const useToast = () => readonly(text);

export interface Question {
  title: string;
  text: string;
  yes: string;
  answer: (yes: boolean) => void;
}

export const question = shallowRef<Question | null>(null);

export function askYes(title: string, words: string, yes = "确定"): Promise<boolean> {
  return new Promise((resolve) => {
    question.value = {
      title,
      text: words,
      yes,
      answer(said) {
        question.value = null;
        resolve(said);
      },
    };
  });
}
