"""What the crowd of a measurement writes: the four languages and the usual lengths, made up here."""

from __future__ import annotations

TEXTS = (
    "how do I switch the display from miles to kilometres? I can't find it anywhere in the app, please help",
    "is it normal that the range drops in the cold? I get 60 km instead of 85 since this week and I charge every night",
    "my bike won't pair with the new phone. I deleted the old pairing, restarted both, and it still says busy",
    "six months with my City 2 and I still grin every morning. Best thing I ever bought, thank you all",
    "three weeks waiting for a brake pad and nobody answers. This is a joke! I want my money back now",
    "you charged my card twice for the same battery. When do I get that back? I have written to you two times already",
    "what exactly changed in the last firmware? The release notes only say improvements, and that tells me nothing",
    "great, another update that logs me out right before my commute. Thanks a lot, really, well done everybody",
    "where do I turn off the automatic headlight? It drains the battery while the bike just stands in the hallway",
    "win a free bike today, follow us for giveaways and claim your prize before midnight, only a few left",
    "cho mình hỏi pin sạc đầy mất bao lâu vậy ạ? Mới mua xe hôm qua mà chưa thấy hướng dẫn trong hộp",
    "app khong ket noi duoc voi xe, minh thu khoi dong lai may lan roi ma van khong duoc, giup minh voi",
    "请问怎么更新车上的固件？手机里找不到入口，说明书上也没有写",
    "앱에서 속도 단위를 바꾸려면 어디로 들어가야 하나요? 설정에서 찾을 수가 없어요",
)
