import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Kapat",
  reasons: {
    unknown: ["Burada bir şey yok", "Bu soru artık burada sorulmuyor ya da hiç sorulmadı."],
    unplaced: ["Burada yanıtlanacak bir şey yok", "Bu site bu soruları gösteremez."],
    undecided: [
      "Yanıtınızı alamıyoruz",
      "Ülkenizden gelen yanıtların nerede saklanacağı belirlenmediği için alınmıyor. Hiçbir şey kaydedilmedi.",
    ],
    away: ["Bağlantı yok", "Bağlantıyı kontrol edip yeniden deneyin."],
    other: ["Bir sorun oluştu", "Hiçbir şey kaydedilmedi. Daha sonra deneyin."],
  },
};
