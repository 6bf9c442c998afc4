import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Khác…",
  otherText: "{0} Theo lời của bạn",
  sayWhat: "Hãy viết ra, hoặc chọn câu trả lời khác.",
  ofSteps: "{0} trên {1}",
  movesOn: "Chạm vào một câu trả lời sẽ sang câu hỏi tiếp.",
  tapNeededWhy:
    "Khi chọn câu trả lời, bạn đồng ý điều này và gửi đi. Nếu không, không gì được ghi lại.",
  alsoSent: "Gửi cùng câu trả lời, như liên kết của bạn cho biết:",
  between: "Hãy viết một số từ {0} đến {1}.",
  orMore: "Hãy viết {0} hoặc hơn.",
  orLess: "Hãy viết {0} hoặc ít hơn.",
  inSteps: "Chỉ theo bước {0}.",
  noNumber: "Hãy viết một số, ví dụ {0}.",
  noEmail: "Hãy viết địa chỉ đầy đủ, ví dụ ten@example.org.",
  noPhone: "Hãy viết số đầy đủ: các chữ số, kèm mã quốc gia hoặc đã chọn quốc gia.",
  everyRow: "Hãy trả lời mọi hàng.",
  wrongSum: "Hãy chia đúng {0}.",
  didYouMean: "Ý bạn là {0}?",
  callingCode: "Quốc gia và mã gọi",
  severalARow: "Mỗi hàng chọn bao nhiêu tùy bạn.",
  share: "Chia {0} cho các mục này.",
  left: "Còn lại: {0} trên {1}",
  over: "Thừa {0}",
  allGiven: "Đã chia hết: {0}",
  evenly: "Chia đều",
};
