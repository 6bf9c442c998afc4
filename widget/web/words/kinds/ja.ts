import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "その他…",
  otherText: "{0} ご自身の言葉で",
  sayWhat: "内容を書くか、別の回答を選んでください。",
  ofSteps: "{0} / {1}",
  movesOn: "回答をタップすると次の質問へ進みます。",
  tapNeededWhy:
    "回答を選ぶとこれに同意したことになり、送信されます。同意がなければ何も記録されません。",
  alsoSent: "リンクのとおり、回答とともに送信されます：",
  between: "{0}から{1}までの数を入力してください。",
  orMore: "{0}以上を入力してください。",
  orLess: "{0}以下を入力してください。",
  inSteps: "{0}刻みで入力してください。",
  noNumber: "数を入力してください。例：{0}",
  noEmail: "アドレス全体を入力してください。例：name@example.org",
  noPhone: "番号全体を入力してください。数字に国番号を付けるか、国を選んでください。",
  everyRow: "すべての行に回答してください。",
  wrongSum: "ちょうど{0}を配分してください。",
  didYouMean: "{0}のことですか？",
  callingCode: "国と国番号",
  severalARow: "各行で好きなだけ選べます。",
  share: "{0}を配分してください。",
  left: "残り：{1}のうち{0}",
  over: "{0}多すぎます",
  allGiven: "{0}をすべて配分しました",
  evenly: "均等に配分",
};
