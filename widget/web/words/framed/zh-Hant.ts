import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "關閉",
  reasons: {
    unknown: ["這裡什麼都沒有", "這個問題不再在此提出，或從未提出。"],
    unplaced: ["這裡沒有要回答的", "此網站不得顯示這些問題。"],
    undecided: [
      "我們無法接收您的回答",
      "尚未決定來自您所在國家的回答保存在何處，因此不予接收。沒有記錄任何內容。",
    ],
    away: ["沒有網路連線", "請檢查連線後重試。"],
    other: ["發生問題", "沒有記錄任何內容，請稍後再試。"],
  },
};
