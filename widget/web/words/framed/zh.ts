import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "关闭",
  reasons: {
    unknown: ["这里什么都没有", "这个问题不再在此提出，或从未提出。"],
    unplaced: ["这里没有要回答的", "此网站不得显示这些问题。"],
    undecided: [
      "我们无法接收您的回答",
      "尚未决定来自您所在国家的回答保存在何处，因此不予接收。没有记录任何内容。",
    ],
    away: ["没有网络连接", "请检查连接后重试。"],
    other: ["出了点问题", "没有记录任何内容，请稍后再试。"],
  },
};
