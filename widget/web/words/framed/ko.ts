import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "닫기",
  reasons: {
    unknown: ["아무것도 없습니다", "이 질문은 끝났거나 여기에 없습니다."],
    unplaced: ["여기에는 답할 것이 없습니다", "이 사이트는 이 질문을 보여 줄 수 없습니다."],
    undecided: [
      "답변을 받을 수 없습니다",
      "귀하의 국가에서 온 답변을 보관할 곳이 정해지지 않아 받지 않습니다. 아무것도 기록되지 않았습니다.",
    ],
    away: ["연결 없음", "연결을 확인하고 다시 시도하세요."],
    other: ["문제가 생겼습니다", "아무것도 기록되지 않았습니다. 나중에 시도하세요."],
  },
};
