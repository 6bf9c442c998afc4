import type { FramedWords } from "../words.ts";

export const framed: FramedWords = {
  close: "Tutup",
  reasons: {
    unknown: [
      "Tidak ada apa-apa di sini",
      "Pertanyaan ini tidak lagi, atau tidak pernah, diajukan di sini.",
    ],
    unplaced: [
      "Tidak ada yang perlu dijawab di sini",
      "Situs ini tidak boleh menampilkan pertanyaan ini.",
    ],
    undecided: [
      "Kami tidak dapat menerima jawaban Anda",
      "Belum ditentukan di mana jawaban dari negara Anda disimpan, jadi tidak ada yang diterima. Tidak ada yang dicatat.",
    ],
    away: ["Tidak ada koneksi", "Periksa koneksi, lalu coba lagi."],
    other: ["Ada masalah", "Tidak ada yang dicatat. Coba nanti."],
  },
};
