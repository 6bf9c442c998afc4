import type { KindsWords } from "./words.ts";

export const kinds: KindsWords = {
  other: "Başka…",
  otherText: "{0} Kendi sözlerinizle",
  sayWhat: "Ne olduğunu yazın ya da başka bir yanıt seçin.",
  ofSteps: "{0} / {1}",
  movesOn: "Bir yanıta dokunmak sonraki soruya götürür.",
  tapNeededWhy:
    "Bir yanıt seçerek bunu kabul eder ve gönderirsiniz. Bu olmadan hiçbir şey kaydedilmez.",
  alsoSent: "Bağlantınızda belirtildiği gibi yanıtlarınızla gönderilir:",
  between: "{0} ile {1} arasında bir sayı yazın.",
  orMore: "{0} ya da daha fazla yazın.",
  orLess: "{0} ya da daha az yazın.",
  inSteps: "Yalnızca {0} adımlarla.",
  noNumber: "Bir sayı yazın, örneğin {0}.",
  noEmail: "Tam bir adres yazın, örneğin ad@example.org.",
  noPhone: "Numaranın tamamını yazın: rakamlar, ülke kodu ya da seçilmiş ülkeyle.",
  everyRow: "Her satırı yanıtlayın.",
  wrongSum: "Tam olarak {0} dağıtın.",
  didYouMean: "Bunu mu demek istediniz: {0}?",
  callingCode: "Ülke ve telefon kodu",
  severalARow: "Her satırda istediğiniz kadar seçin.",
  share: "Bunlar arasında {0} dağıtın.",
  left: "Kalan: {0} / {1}",
  over: "Fazla: {0}",
  allGiven: "Tümü dağıtıldı: {0}",
  evenly: "Eşit dağıt",
};
