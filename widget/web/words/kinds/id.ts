import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Lainnya…",
  otherText: "{0} Dengan kata-kata Anda",
  sayWhat: "Tulis apa, atau pilih jawaban lain.",
  ofSteps: "{0} dari {1}",
  movesOn: "Ketuk jawaban untuk ke pertanyaan berikutnya.",
  tapNeededWhy:
    "Dengan memilih jawaban, Anda menyetujui ini dan mengirimnya. Tanpa ini tidak ada yang dicatat.",
  alsoSent: "Dikirim bersama jawaban, seperti kata tautan Anda:",
  between: "Tulis angka dari {0} sampai {1}.",
  orMore: "Tulis {0} atau lebih.",
  orLess: "Tulis {0} atau kurang.",
  inSteps: "Hanya kelipatan {0}.",
  noNumber: "Tulis angka, misalnya {0}.",
  noEmail: "Tulis alamat lengkap, misalnya nama@example.org.",
  noPhone: "Tulis nomor lengkap: angka, dengan kode negara atau negara yang dipilih.",
  everyRow: "Jawab setiap baris.",
  wrongSum: "Bagikan tepat {0}.",
  didYouMean: "Maksud Anda {0}?",
  callingCode: "Negara dan kode teleponnya",
  severalARow: "Pilih sebanyak yang Anda mau di setiap baris.",
  share: "Bagikan {0} di antara ini.",
  left: "Sisa: {0} dari {1}",
  over: "Kelebihan: {0}",
  allGiven: "Semua dibagikan: {0}",
  evenly: "Bagi rata",
};
