import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Đóng",
  reasons: {
    unknown: ["Không có gì ở đây", "Câu hỏi này không còn hoặc chưa từng được hỏi ở đây."],
    unplaced: ["Không có gì để trả lời ở đây", "Trang web này không được hiện các câu hỏi này."],
    undecided: [
      "Chúng tôi không thể nhận câu trả lời",
      "Chưa định nơi lưu câu trả lời từ nước bạn, nên không nhận câu nào. Không gì được ghi lại.",
    ],
    away: ["Không có kết nối", "Hãy kiểm tra kết nối rồi thử lại."],
    other: ["Đã xảy ra lỗi", "Không gì được ghi lại. Hãy thử lại sau."],
  },
};
