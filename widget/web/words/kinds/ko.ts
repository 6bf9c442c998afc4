import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "기타…",
  otherText: "{0} 직접 쓰기",
  sayWhat: "무엇인지 쓰거나 다른 답을 고르세요.",
  ofSteps: "{0} / {1}",
  movesOn: "답을 누르면 다음 질문으로 넘어갑니다.",
  tapNeededWhy:
    "답을 고르면 이에 동의하고 답을 보내게 됩니다. 동의가 없으면 아무것도 기록되지 않습니다.",
  alsoSent: "링크에 담겨 답변과 함께 보내는 내용:",
  between: "{0}부터 {1}까지의 수를 쓰세요.",
  orMore: "{0} 이상을 쓰세요.",
  orLess: "{0} 이하를 쓰세요.",
  inSteps: "{0} 단위로만 쓸 수 있습니다.",
  noNumber: "수를 쓰세요. 예: {0}",
  noEmail: "주소 전체를 쓰세요. 예: name@example.org",
  noPhone: "번호 전체를 쓰세요. 숫자와 함께 국가 번호를 쓰거나 국가를 고르세요.",
  everyRow: "모든 행에 답해 주세요.",
  wrongSum: "정확히 {0}을(를) 나누세요.",
  didYouMean: "{0} 말씀인가요?",
  callingCode: "국가와 국가 번호",
  severalARow: "행마다 원하는 만큼 고르세요.",
  share: "{0}을(를) 나누어 주세요.",
  left: "남음: {1} 중 {0}",
  over: "초과: {0}",
  allGiven: "모두 나눔: {0}",
  evenly: "똑같이 나누기",
};
